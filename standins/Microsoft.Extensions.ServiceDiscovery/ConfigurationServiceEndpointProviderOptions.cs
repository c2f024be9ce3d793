namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Options of the provider that reads endpoints from configuration.</summary>
public sealed class ConfigurationServiceEndpointProviderOptions
{
    /// <summary>The section that holds one section per service. Default: <c>Services</c>.</summary>
    public string SectionName { get; set; } = "Services";

    /// <summary>Says for which endpoints the service's name is sent as <c>Host</c> header. Default: none.</summary>
    public Func<ServiceEndpoint, bool> ShouldApplyHostNameMetadata { get; set; } = static _ => false;
}
