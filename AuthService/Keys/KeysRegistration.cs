using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class KeysRegistration
{
    public static void AddKeys(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<KeyOptions>().BindConfiguration(KeyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<MasterKeyRing>();
        builder.Services.AddSingleton<SigningKeyStore>();
        builder.Services.AddSingleton<SigningKeys>();
        builder.Services.Replace(ServiceDescriptor.Singleton<IAccessTokenKeySource>(static services => services.GetRequiredService<SigningKeys>()));
        builder.Services.AddHostedService<KeyRotation>();
    }

    public static void MapKeys(this IEndpointRouteBuilder endpoints) => WellKnownEndpoints.Map(endpoints);
}
