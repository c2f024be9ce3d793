using AiMesh.AuthService.ExternalSignIn;
using AiMesh.AuthService.ExternalSignIn.Accounts;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.ExternalSignIn.Providers;

namespace Microsoft.Extensions.Hosting;

internal static class ExternalSignInRegistration
{
    public static void AddExternalSignIn(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ExternalSignInOptions>().BindConfiguration(ExternalSignInOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<OutboundAddresses>();
        builder.Services.AddSingleton<OidcHttp>();
        builder.Services.AddSingleton<ProviderDirectory>();
        builder.Services.AddSingleton<IdTokenVerifier>();
        builder.Services.AddSingleton<CodeExchange>();
        builder.Services.AddSingleton<IdentityProviderRules>();
        builder.Services.AddSingleton<IdentityProviderAdministration>();
        builder.Services.AddSingleton<AccountLinking>();
        builder.Services.AddSingleton<ExternalAccounts>();
        builder.Services.AddSingleton<PublicAddress>();
        builder.Services.AddSingleton<SealedOnce>();
        builder.Services.AddSingleton<SignInStart>();
        builder.Services.AddSingleton<SignInAnswer>();
        builder.Services.AddSingleton<SignInCallback>();
        builder.Services.AddSingleton<SignInCodeExchange>();
    }

    /// <summary>The addresses of browsers, which answer with redirects and so are no RPCs.</summary>
    public static void MapSignInEndpoints(this IEndpointRouteBuilder endpoints) => SignInEndpoints.Map(endpoints);
}
