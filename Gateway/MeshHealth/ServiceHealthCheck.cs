using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.Gateway.MeshHealth;

internal sealed class ServiceHealthCheck(IHttpClientFactory clients, string service) : IHealthCheck
{
    public static string ClientName(string service) => $"mesh-health-{service}";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var client = clients.CreateClient(ClientName(service));
            using var response = await client.GetAsync(new Uri($"https+http://{service}/health"), cancellationToken);
            return response.IsSuccessStatusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{service} answers {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException)
        {
            return HealthCheckResult.Unhealthy($"{service} does not answer.");
        }
    }
}
