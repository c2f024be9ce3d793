using Aspire.Npgsql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers Npgsql with health check, traces and metrics.</summary>
public static class AspirePostgreSqlNpgsqlExtensions
{
    internal const string ConfigurationSection = "Aspire:Npgsql";

    // Both the activity source and the meter of Npgsql carry this name.
    private const string InstrumentationName = "Npgsql";

    /// <summary>
    /// Registers <see cref="NpgsqlDataSource"/> as a singleton, and <see cref="NpgsqlConnection"/> as a transient drawn from it.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Key under <c>ConnectionStrings</c>.</param>
    /// <param name="configureSettings">Runs after configuration is read and before anything is registered.</param>
    /// <param name="configureDataSourceBuilder">Runs once, when the data source is first asked for.</param>
    /// <remarks>A missing connection string throws <see cref="InvalidOperationException"/> when the data source is first asked for.</remarks>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<NpgsqlSettings>? configureSettings = null,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
        => Add(builder, connectionName, serviceKey: null, configureSettings, configureDataSourceBuilder);

    /// <summary>As <see cref="AddNpgsqlDataSource"/>, with <paramref name="name"/> as service key and as connection name.</summary>
    public static void AddKeyedNpgsqlDataSource(
        this IHostApplicationBuilder builder,
        string name,
        Action<NpgsqlSettings>? configureSettings = null,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Add(builder, name, serviceKey: name, configureSettings, configureDataSourceBuilder);
    }

    private static void Add(
        IHostApplicationBuilder builder,
        string connectionName,
        string? serviceKey,
        Action<NpgsqlSettings>? configureSettings,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var settings = ReadSettings(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);

        NpgsqlServices.Add(builder.Services, settings, connectionName, serviceKey, configureDataSourceBuilder);

        if (!settings.DisableHealthChecks)
        {
            AddHealthCheck(builder, serviceKey);
        }

        if (!settings.DisableTracing)
        {
            builder.Services.AddOpenTelemetry().WithTracing(static tracing => tracing.AddSource(InstrumentationName));
        }

        if (!settings.DisableMetrics)
        {
            builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddMeter(InstrumentationName));
        }
    }

    private static NpgsqlSettings ReadSettings(IConfiguration configuration, string connectionName)
    {
        var settings = new NpgsqlSettings();
        var section = configuration.GetSection(ConfigurationSection);
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        settings.ConnectionString = configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        return settings;
    }

    private static void AddHealthCheck(IHostApplicationBuilder builder, string? serviceKey)
    {
        var name = serviceKey is null ? "PostgreSql" : $"PostgreSql_{serviceKey}";

        // A name may be registered once only, or the health endpoint fails; the first registration stands.
        if (!builder.Properties.TryAdd($"Aspire.HealthChecks.{name}", true))
        {
            return;
        }

        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name,
            services => new NpgsqlHealthCheck(services, serviceKey),
            failureStatus: null,
            tags: null));
    }
}
