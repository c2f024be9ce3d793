using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery.PassThrough;

/// <summary>Takes the service's name for a host name when nobody knows better.</summary>
internal sealed class PassThroughServiceEndpointProvider(EndPoint endPoint) : IServiceEndpointProvider
{
    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        if (endpoints.Endpoints.Count == 0)
        {
            var endpoint = ServiceEndpoint.Create(endPoint);
            endpoint.Features.Set<IServiceEndpointProvider>(this);
            endpoints.Endpoints.Add(endpoint);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string ToString() => "Pass-through";
}
