using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Settings;

/// <summary>Routes and clusters of the settings in force, for YARP.</summary>
internal sealed class LiveProxyConfig(LiveSettings live) : IProxyConfigProvider
{
    public IProxyConfig GetConfig()
    {
        // The token first: a change in between then fires it, instead of being missed.
        var changed = live.Changed;
        var settings = live.Current;
        return new Snapshot(settings.Routes, settings.Clusters, changed);
    }

    private sealed record Snapshot(IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters, IChangeToken ChangeToken) : IProxyConfig;
}
