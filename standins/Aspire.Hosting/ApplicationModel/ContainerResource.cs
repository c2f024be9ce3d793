namespace Aspire.Hosting.ApplicationModel;

/// <summary>A server that Aspire runs from an image; here a program of this machine where a launcher for it is known.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IResourceWithProbes, IComputeResource
{
    public string? Entrypoint { get; set; } = entrypoint;
}
