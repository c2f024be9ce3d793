using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>The resource is healthy only if the health check registered under <paramref name="key"/> is.</summary>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource
    {
        ThrowIfTwice(builder.Resource, key);
        return builder.WithAnnotation(new HealthCheckAnnotation(key));
    }

    /// <summary>The resource is healthy only if it answers a GET over HTTP/1.1.</summary>
    /// <param name="builder">The resource.</param>
    /// <param name="path">Default: <c>/</c>.</param>
    /// <param name="statusCode">Expected answer; default: 200.</param>
    /// <param name="endpointName">Default: the endpoint named http, or else https.</param>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, [EndpointName] string? endpointName = null)
        where T : IResourceWithEndpoints =>
        builder.WithHttpHealthCheck(
            endpointName is null ? null : () => builder.GetEndpoint(endpointName),
            path,
            statusCode,
            endpointName ?? "http");

    /// <inheritdoc cref="WithHttpHealthCheck{T}(IResourceBuilder{T}, string?, int?, string?)"/>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, Func<EndpointReference>? endpointSelector, string? path = null, int? statusCode = null)
        where T : IResourceWithEndpoints => builder.WithHttpHealthCheck(endpointSelector, path, statusCode, "endpoint");

    private static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, Func<EndpointReference>? endpointSelector, string? path, int? statusCode, string endpointName)
        where T : IResourceWithEndpoints
    {
        var resource = builder.Resource;
        var wantedPath = path ?? "/";
        var wantedStatus = statusCode ?? 200;
        var key = $"{resource.Name}_{endpointName}_{wantedPath}_{wantedStatus}_check";
        ThrowIfTwice(resource, key);

        var probe = new HttpProbeAnnotation(key, endpointSelector ?? Default, wantedPath, wantedStatus);
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, _ => new AllReplicas(resource, probe), HealthStatus.Unhealthy, tags: null));
        return builder.WithAnnotation(probe);

        EndpointReference Default() =>
            resource.GetEndpoint("http") is { Exists: true } http ? http
            : resource.GetEndpoint("https") is { Exists: true } https ? https
            : throw new DistributedApplicationException($"'{resource.Name}' has neither an endpoint named http nor one named https to check.");
    }

    private static void ThrowIfTwice(IResource resource, string key)
    {
        if (resource.Annotations.OfType<HealthCheckAnnotation>().Any(check => check.Key == key))
            throw new DistributedApplicationException($"'{resource.Name}' already has the health check '{key}'.");
    }

    /// <summary>For those who run the registered check themselves.</summary>
    private sealed class AllReplicas(IResource resource, HttpProbeAnnotation probe) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, resource.GetReplicaCount())
                .Select(replica => HttpProbe.RunAsync(probe, replica, cancellationToken)));
            return results.MinBy(result => result.Status);
        }
    }
}
