using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers StackExchange.Redis with a health check.</summary>
public static class AspireRedisExtensions
{
    internal const string ConfigurationSection = "Aspire:StackExchange:Redis";

    /// <summary>Registers <see cref="IConnectionMultiplexer"/> as a singleton.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Key under <c>ConnectionStrings</c>.</param>
    /// <param name="configureSettings">Runs after configuration is read and before anything is registered.</param>
    /// <param name="configureOptions">Runs once, before the client connects.</param>
    /// <remarks>
    /// <c>abortConnect</c> is false unless the connection string says otherwise: a server that is away when the client is made
    /// is used once it is there, and holds the first use up for a second at most. Until then commands throw
    /// <see cref="RedisConnectionException"/>. A missing connection string throws <see cref="InvalidOperationException"/> at first use.
    /// </remarks>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => builder.AddRedisClientBuilder(connectionName, configureSettings, configureOptions);

    /// <summary>As <see cref="AddRedisClient"/>, for adding to the client.</summary>
    public static AspireRedisClientBuilder AddRedisClientBuilder(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => Add(builder, connectionName, serviceKey: null, configureSettings, configureOptions);

    /// <summary>As <see cref="AddRedisClient"/>, with <paramref name="name"/> as service key and as connection name.</summary>
    public static void AddKeyedRedisClient(
        this IHostApplicationBuilder builder,
        string name,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => builder.AddKeyedRedisClientBuilder(name, configureSettings, configureOptions);

    /// <summary>As <see cref="AddKeyedRedisClient"/>, for adding to the client.</summary>
    public static AspireRedisClientBuilder AddKeyedRedisClientBuilder(
        this IHostApplicationBuilder builder,
        string name,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder, name, serviceKey: name, configureSettings, configureOptions);
    }

    private static AspireRedisClientBuilder Add(
        IHostApplicationBuilder builder,
        string connectionName,
        string? serviceKey,
        Action<StackExchangeRedisSettings>? configureSettings,
        Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var settings = ReadSettings(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);

        var options = new RedisOptions(connectionName, settings, builder.Configuration, configureOptions);
        builder.Services.Add(ServiceDescriptor.KeyedSingleton<IConnectionMultiplexer>(
            serviceKey,
            (services, _) => RedisConnection.Open(options.Build(), services.GetRequiredService<ILogger<IConnectionMultiplexer>>())));

        if (!settings.DisableAutoActivation)
        {
            builder.Services.AddSingleton<IHostedService>(services => new RedisActivator(services, serviceKey));
        }

        if (!settings.DisableHealthChecks)
        {
            AddHealthCheck(builder, serviceKey);
        }

        return new AspireRedisClientBuilder(builder, settings, serviceKey);
    }

    private static StackExchangeRedisSettings ReadSettings(IConfiguration configuration, string connectionName)
    {
        var settings = new StackExchangeRedisSettings();
        var section = configuration.GetSection(ConfigurationSection);
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        settings.ConnectionString = configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        return settings;
    }

    private static void AddHealthCheck(IHostApplicationBuilder builder, string? serviceKey)
    {
        var name = serviceKey is null ? "StackExchange.Redis" : $"StackExchange.Redis_{serviceKey}";

        // A name may be registered once only, or the health endpoint fails; the first registration stands.
        if (builder.Properties.TryAdd($"Aspire.HealthChecks.{name}", true))
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                name,
                services => new RedisHealthCheck(services, serviceKey),
                failureStatus: null,
                tags: null));
        }
    }
}
