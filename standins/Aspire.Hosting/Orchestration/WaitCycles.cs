using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Who needs whom before it can start.</summary>
internal static class WaitCycles
{
    public static IEnumerable<IResource> Needs(IResource resource) =>
        resource.Annotations.OfType<WaitAnnotation>()
            .Select(wait => wait.Resource)
            .Concat(resource is IResourceWithParent { Parent: var parent } ? [parent] : [])
            .Distinct();

    /// <exception cref="DistributedApplicationException">Resources wait for each other, so none would ever start.</exception>
    public static void ThrowIfAny(IEnumerable<IResource> resources)
    {
        var harmless = new HashSet<IResource>();
        foreach (var resource in resources)
            Visit(resource, []);

        void Visit(IResource resource, List<IResource> path)
        {
            if (path.Contains(resource))
                throw new DistributedApplicationException($"Resources wait for each other: {string.Join(" -> ", path.Append(resource).Select(step => step.Name))}.");

            if (harmless.Contains(resource))
                return;

            path.Add(resource);
            foreach (var needed in Needs(resource))
                Visit(needed, path);

            path.RemoveAt(path.Count - 1);
            harmless.Add(resource);
        }
    }
}
