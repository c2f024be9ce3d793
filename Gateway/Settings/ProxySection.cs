using AiMesh.Gateway.Caching;
using AiMesh.Gateway.Limits;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Settings;

/// <summary>Reads routes and clusters with YARP's own parser and checks them with its own validator, one by one, so that all errors are found.</summary>
internal sealed class ProxySection(IConfigurationSection section, IConfigValidator validator)
{
    private const string Routes = "Routes";
    private const string Clusters = "Clusters";

    public (IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters) Read(ICollection<string> errors)
    {
        var clusters = section.GetSection(Clusters).GetChildren().SelectMany(child => Parse(Clusters, child, static config => config.Clusters, errors)).ToList();
        var routes = section.GetSection(Routes).GetChildren().SelectMany(child => Parse(Routes, child, static config => config.Routes, errors)).ToList();
        foreach (var cluster in clusters)
            Add(errors, Clusters, cluster.ClusterId, validator.ValidateClusterAsync(cluster));
        foreach (var route in routes)
        {
            Add(errors, Routes, route.RouteId, validator.ValidateRouteAsync(route));
            if (!clusters.Exists(cluster => cluster.ClusterId == route.ClusterId))
                errors.Add($"{Name(Routes, route.RouteId)}: there is no cluster '{route.ClusterId}'.");
            if (route.Metadata?.GetValueOrDefault("Limit") is { } limit && !Enum.TryParse<LimitGroup>(limit, out _))
                errors.Add($"{Name(Routes, route.RouteId)}: there is no limit group '{limit}'; there are {string.Join(", ", Enum.GetNames<LimitGroup>())}.");
            foreach (var error in CachedRoute.Check(route))
                errors.Add($"{Name(Routes, route.RouteId)}: {error}");
        }

        return (routes, clusters);
    }

    private List<T> Parse<T>(string kind, IConfigurationSection child, Func<IProxyConfig, IReadOnlyList<T>> pick, ICollection<string> errors)
    {
        var alone = StrictBinder.Of(child.AsEnumerable(makePathsRelative: true)
            .Where(static pair => pair.Value is not null)
            .Select(pair => new KeyValuePair<string, string?>($"{kind}:{child.Key}:{pair.Key}", pair.Value)));
        // The parser is internal to YARP; a container with nothing else in it is the way to reach it.
        using var services = new ServiceCollection().AddLogging().AddReverseProxy().LoadFromConfig(alone).Services.BuildServiceProvider();
        try
        {
            return [.. pick(services.GetRequiredService<IProxyConfigProvider>().GetConfig())];
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            errors.Add($"{Name(kind, child.Key)}: {exception.Message}");
            return [];
        }
    }

    /// <summary>YARP's checks of configuration are synchronous as far as the gateway uses them.</summary>
    private void Add(ICollection<string> errors, string kind, string id, ValueTask<IList<Exception>> found)
    {
        foreach (var error in found.AsTask().GetAwaiter().GetResult())
            errors.Add($"{Name(kind, id)}: {error.Message}");
    }

    private string Name(string kind, string id) => $"{section.Path}:{kind}:{id}";
}
