using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>
/// Levels of what lies beneath a service, so that its console shows what the service itself has to say. The least of all configuration:
/// <c>Logging:LogLevel:Npgsql=Information</c> in a file, a variable or an argument brings a library's lines back.
/// </summary>
internal static class LogLevels
{
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        // A line or more for each request, call, statement and attempt, which spans and metrics tell better.
        ["Microsoft.AspNetCore"] = "Warning",
        ["System.Net.Http"] = "Warning",
        ["Grpc"] = "Warning",
        ["Npgsql"] = "Warning",
        ["Polly"] = "Warning",

        // It warns of keys that lie unencrypted or in memory only. ASP.NET Core makes them for cookies and forms; the mesh has neither.
        ["Microsoft.AspNetCore.DataProtection"] = "Error",

        // An error at every probe, also while a service merely starts; HealthLog says it once.
        ["Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService"] = "None",
    };

    public static void AddTo(IHostApplicationBuilder builder) => ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
    {
        InitialData = Defaults.Select(level => KeyValuePair.Create("Logging:LogLevel:" + level.Key, level.Value)),
    });
}
