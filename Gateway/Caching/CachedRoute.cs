using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Caching;

/// <summary>Routes say in their metadata whether answers are kept: <c>"Cache": "Items"</c>. There is no other kind.</summary>
internal static class CachedRoute
{
    private const string Name = "Cache";
    private const string Items = "Items";

    public static bool Is(RouteConfig route) => route.Metadata is { } metadata && metadata.TryGetValue(Name, out var kind) && kind == Items;

    public static IEnumerable<string> Check(RouteConfig route)
    {
        if (route.Metadata?.GetValueOrDefault(Name) is not { } kind) yield break;
        if (kind != Items)
            yield return $"there is no kind of cache '{kind}'; there is {Items}.";
        else if (route.Match.Methods is not ["GET"])
            yield return "only a route of the method GET alone can have its answers kept.";
    }
}
