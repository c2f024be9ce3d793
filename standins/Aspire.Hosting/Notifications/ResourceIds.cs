using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

internal static class ResourceIds
{
    /// <summary>One id for each process of the resource: its name, or its name with a number when there are several.</summary>
    public static IReadOnlyList<string> Of(IResource resource)
    {
        var replicas = resource.GetReplicaCount();
        return replicas == 1
            ? [resource.Name]
            : [.. Enumerable.Range(1, replicas).Select(number => string.Create(CultureInfo.InvariantCulture, $"{resource.Name}-{number}"))];
    }
}
