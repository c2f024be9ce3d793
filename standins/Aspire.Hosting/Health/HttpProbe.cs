using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Health;

/// <summary>Asks a process over HTTP/1.1 how it is.</summary>
internal static class HttpProbe
{
    // No retries, no redirects, no proxy, no pooled connection from before a restart: the answer of this process, now.
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromSeconds(10),
        ConnectTimeout = TimeSpan.FromSeconds(2),
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <exception cref="DistributedApplicationException">A probe asks an endpoint that there is not, so its resource would never be healthy.</exception>
    public static void ThrowIfNowhere(IEnumerable<IResource> resources)
    {
        foreach (var probe in resources.SelectMany(resource => resource.Annotations.OfType<HttpProbeAnnotation>()))
        {
            var endpoint = probe.Endpoint();
            if (!endpoint.Exists)
            {
                throw new DistributedApplicationException(
                    $"The health check of '{endpoint.Resource.Name}' asks its endpoint '{endpoint.EndpointName}', and it has none of that name.");
            }
        }
    }

    public static async Task<HealthCheckResult> RunAsync(HttpProbeAnnotation probe, int replica, CancellationToken cancellationToken)
    {
        var endpoint = probe.Endpoint();
        var annotation = endpoint.EndpointAnnotation;
        var host = EndpointAllocator.AddressOf(annotation);
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Scheme}://{host}:{annotation.ReplicaPorts[replica]}{probe.Path}"));
        try
        {
            using var response = await Client.GetAsync(url, cancellationToken);
            return (int)response.StatusCode == probe.StatusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{url} answered {(int)response.StatusCode}, not {probe.StatusCode}.");
        }
        catch (HttpRequestException error)
        {
            return HealthCheckResult.Unhealthy($"{url} does not answer: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"{url} took longer than {Client.Timeout.TotalSeconds:0} s.");
        }
    }
}
