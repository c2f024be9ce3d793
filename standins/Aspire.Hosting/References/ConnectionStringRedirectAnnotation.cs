namespace Aspire.Hosting.ApplicationModel;

/// <summary>Clients get another resource's connection string instead.</summary>
public class ConnectionStringRedirectAnnotation(IResourceWithConnectionString resource) : IResourceAnnotation
{
    public IResourceWithConnectionString Resource { get; } = resource;
}
