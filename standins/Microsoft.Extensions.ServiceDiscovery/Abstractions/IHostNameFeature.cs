namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Feature of an endpoint: the name to send in the <c>Host</c> header.</summary>
public interface IHostNameFeature
{
    /// <summary>The name.</summary>
    string HostName { get; }
}
