using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authentication;

namespace AiMesh.IoTIngest.Credentials;

internal static class CredentialsRegistration
{
    /// <summary>Devices sign in with their own credential; everybody else with an access token as everywhere.</summary>
    public static void AddDeviceCredentials(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CredentialVerifier>();
        builder.Services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, DeviceAuthenticationHandler>(DeviceAuthenticationHandler.SchemeName, configureOptions: null);
        builder.Services.Configure<MeshAuthenticationOptions>(static options => options.SchemeSelectors.Add(
            static httpContext => DeviceAuthenticationHandler.Applies(httpContext) ? DeviceAuthenticationHandler.SchemeName : null));
    }
}
