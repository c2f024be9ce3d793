using AiMesh.AuthService.Policies;

namespace Microsoft.Extensions.Hosting;

internal static class PoliciesRegistration
{
    public static void AddPolicies(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PolicyAdministration>();
        builder.Services.AddSingleton<PolicyFeed>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<PolicyFeed>());
    }

    public static void MapPolicies(this IEndpointRouteBuilder endpoints)
    {
        PolicySetEndpoint.Map(endpoints);
        endpoints.MapRpc<PoliciesGrpcService>();
    }
}
