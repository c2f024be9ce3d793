namespace AiMesh.Gateway.MeshHealth;

/// <summary>Makes <c>GET /health</c> of the gateway speak for the whole mesh: healthy when every service behind it says so.</summary>
internal static class MeshHealthRegistration
{
    private static readonly string[] Services = ["auth", "data", "ai", "iot"];

    public static void AddMeshHealth(this WebApplicationBuilder builder)
    {
        foreach (var service in Services)
        {
            // Its own client, without the defaults' retries: a probe that is tried again would report yesterday's health slowly.
            builder.Services.AddHttpClient(ServiceHealthCheck.ClientName(service), client => client.Timeout = TimeSpan.FromSeconds(3))
                .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Clear())
                .AddServiceDiscovery()
                .UseMeshIdentity(service);
        }

        var checks = builder.Services.AddHealthChecks();
        foreach (var service in Services)
            checks.AddTypeActivatedCheck<ServiceHealthCheck>(service, args: [service]);
    }
}
