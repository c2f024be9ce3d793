using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Gives every endpoint its ports before anything starts, so that everybody can be told everybody's address.</summary>
internal sealed class EndpointAllocator(IDistributedApplicationBuilder builder)
{
    // Below the range the kernel takes for outgoing connections (32768 and up), so none of those can snatch a port.
    private const int First = 10_000;
    private const int Last = 32_767;

    private readonly HashSet<int> _given = [];
    private readonly bool _randomize = builder.Configuration.GetValue("DcpPublisher:RandomizePorts", false);

    /// <exception cref="DistributedApplicationException">A fixed port is taken, or cannot serve several replicas.</exception>
    public void Allocate(IResourceWithEndpoints resource)
    {
        var replicas = resource.GetReplicaCount();
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = _randomize ? null : endpoint.Port;

            // The target port of a container is a port inside it; a program of this machine listens where it is told.
            var target = resource is ContainerResource ? null : endpoint.TargetPort;
            if (replicas > 1 && (target is not null || (port is not null && !endpoint.IsProxied)))
            {
                throw new DistributedApplicationException(
                    $"'{resource.Name}' has {replicas} replicas, which cannot all listen on the one port of its endpoint '{endpoint.Name}'.");
            }

            if (port is { } wanted)
                FixedPorts.EnsureFree(builder, resource, endpoint, wanted);

            var isDirect = replicas == 1 && target is null;
            endpoint.ReplicaPorts = [.. Enumerable.Range(0, replicas).Select(_ => target ?? (isDirect ? port : null) ?? Free())];
            endpoint.Advertised = port is { } front
                ? [At(endpoint, front)]
                : [.. endpoint.ReplicaPorts.Select(own => At(endpoint, own))];
            endpoint.AllocatedEndpoint = endpoint.Advertised[0];
        }
    }

    /// <summary>Address to reach what is bound to the endpoint's host.</summary>
    public static string AddressOf(EndpointAnnotation endpoint) =>
        endpoint.TargetHost is "0.0.0.0" or "*" or "+" or "[::]" or "::" ? "localhost" : endpoint.TargetHost;

    private static AllocatedEndpoint At(EndpointAnnotation endpoint, int port) => new(endpoint, AddressOf(endpoint), port);

    private int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (FixedPorts.IsFree(port) && _given.Add(port))
                return port;
        }
    }
}
