using AiMesh.AuthService.Revocations;

namespace Microsoft.Extensions.Hosting;

internal static class RevocationsRegistration
{
    public static void AddRevocations(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RevocationStore>();
        builder.Services.AddSingleton<RevocationFeed>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<RevocationFeed>());
    }

    public static void MapRevocations(this IEndpointRouteBuilder endpoints) => RevokedEndpoint.Map(endpoints);
}
