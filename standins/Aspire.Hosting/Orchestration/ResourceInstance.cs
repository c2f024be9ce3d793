using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>One process of a resource.</summary>
internal sealed record ResourceInstance(IResource Resource, string Id, int Replica)
{
    public static IEnumerable<ResourceInstance> Of(IResource resource) =>
        ResourceIds.Of(resource).Select((id, replica) => new ResourceInstance(resource, id, replica));
}
