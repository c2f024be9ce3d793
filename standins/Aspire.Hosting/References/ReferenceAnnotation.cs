namespace Aspire.Hosting.ApplicationModel;

/// <summary>The resource uses another one, which therefore stops later than it.</summary>
internal sealed class ReferenceAnnotation(IResource resource) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
}
