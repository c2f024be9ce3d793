using AiMesh.AuthService.Sessions;

namespace Microsoft.Extensions.Hosting;

internal static class SessionsRegistration
{
    public static void AddSessions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SessionTokenOptions>().BindConfiguration(SessionTokenOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<BackoffOptions>().BindConfiguration(BackoffOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<AccessTokenIssuer>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<SessionOpening>();
        builder.Services.AddSingleton<SessionRefresh>();
        builder.Services.AddSingleton<SignInBackoff>();
        builder.Services.AddSingleton<SignIn>();
        builder.Services.AddSingleton<SignOut>();
        builder.Services.AddSingleton<Registration>();
        builder.Services.AddSingleton<ClientAddress>();
        builder.Services.AddSingleton<CallFacts>();
    }
}
