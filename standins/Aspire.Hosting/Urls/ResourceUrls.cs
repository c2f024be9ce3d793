using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Urls;

/// <summary>The addresses of a resource, as the AppHost wants them shown.</summary>
internal static class ResourceUrls
{
    public static async Task<IReadOnlyList<ResourceUrlAnnotation>> OfAsync(
        IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var endpoints = resource is IResourceWithEndpoints listening ? listening.GetEndpoints() : [];
        var urls = endpoints
            .Select(endpoint => new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint })
            .Concat(resource.Annotations.OfType<ResourceUrlAnnotation>())
            .ToList();

        var context = new ResourceUrlsCallbackContext(executionContext, resource, urls, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>().ToArray())
            await annotation.Callback(context);

        foreach (var url in urls.Where(url => url.Endpoint is not null && !Uri.IsWellFormedUriString(url.Url, UriKind.Absolute)))
            url.Url = new Uri(new Uri(url.Endpoint!.Url), url.Url).ToString();

        return urls;
    }

    public static ImmutableArray<UrlSnapshot> Snapshots(IEnumerable<ResourceUrlAnnotation> urls) =>
        [.. urls.Select(url => new UrlSnapshot(url.Endpoint?.EndpointName ?? url.DisplayText, url.Url, IsInternal: url.Endpoint is { EndpointAnnotation.IsExternal: false }))];
}
