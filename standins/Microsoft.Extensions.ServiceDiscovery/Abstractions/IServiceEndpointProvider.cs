namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Knows the endpoints of one service.</summary>
public interface IServiceEndpointProvider : IAsyncDisposable
{
    /// <summary>Adds endpoints and change tokens; called again whenever the last result is out of date.</summary>
    ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken);
}
