using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>
/// Levels of what lies beneath a service, so that its console shows what the service itself has to say. The least of all rules:
/// <c>Logging:LogLevel:Npgsql=Information</c> in a file, a variable or an argument brings a library's lines back.
/// </summary>
internal static class LogLevels
{
    private static readonly (string Category, LogLevel Level)[] Defaults =
    [
        // A line or more for each request, call, statement and attempt, which spans and metrics tell better.
        ("Microsoft.AspNetCore", LogLevel.Warning),
        ("System.Net.Http", LogLevel.Warning),
        ("Grpc", LogLevel.Warning),
        ("Npgsql", LogLevel.Warning),
        ("Polly", LogLevel.Warning),

        // It warns of keys that lie unencrypted or in memory only. ASP.NET Core makes them for cookies and forms; the mesh has neither.
        ("Microsoft.AspNetCore.DataProtection", LogLevel.Error),

        // An error at every probe, also while a service merely starts; HealthLog says it once.
        ("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None),
    ];

    /// <summary>
    /// Rules that come first, as of two for the same category the later one counts. (A first source of configuration would do the same, but
    /// inserting one makes ConfigurationManager build all others anew and forget what was set in memory.)
    /// </summary>
    public static void AddTo(IHostApplicationBuilder builder) =>
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<LoggerFilterOptions>>(new ConfigureOptions<LoggerFilterOptions>(static options =>
        {
            foreach (var (category, level) in Defaults)
                options.Rules.Add(new LoggerFilterRule(providerName: null, category, level, filter: null));
        })));
}
