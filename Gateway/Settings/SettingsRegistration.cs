using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Settings;

internal static class SettingsRegistration
{
    /// <summary>A JSON file that goes before everything else and is followed while the gateway runs, for example a mounted config map.</summary>
    private const string FileKey = "Gateway:SettingsFile";

    public static void AddSettings(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[FileKey] is { Length: > 0 } path)
            builder.Configuration.AddJsonFile(Path.GetFullPath(path), optional: false, reloadOnChange: true);
        var files = new SettingsFiles();
        files.Watch(builder.Configuration.Sources);
        builder.Services.AddSingleton(files);
        builder.Services.AddSingleton<SettingsReader>();
        builder.Services.AddSingleton<LiveSettings>();
        builder.Services.AddSingleton<IProxyConfigProvider, LiveProxyConfig>();
        builder.Services.AddHealthChecks().AddCheck<SettingsHealthCheck>("settings");
    }

    /// <summary>Checks the settings before anything is started with them.</summary>
    public static void UseSettings(this WebApplication app) => app.Services.GetRequiredService<LiveSettings>();

    private sealed class SettingsHealthCheck(LiveSettings live) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(live.IsStale ? HealthCheckResult.Degraded("The configuration has errors; older settings are in force.") : HealthCheckResult.Healthy());
    }
}
