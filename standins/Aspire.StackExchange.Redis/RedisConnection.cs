using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Builds the options of one client, and opens it.</summary>
internal sealed class RedisConnection(
    string connectionName,
    StackExchangeRedisSettings settings,
    IConfiguration configuration,
    Action<ConfigurationOptions>? configure)
{
    public ConnectionMultiplexer Open(IServiceProvider services)
    {
        _ = services;
        return ConnectionMultiplexer.Connect(Options());
    }

    private ConfigurationOptions Options()
    {
        const string section = AspireRedisExtensions.ConfigurationSection;
        var text = settings.ConnectionString;
        var options = string.IsNullOrWhiteSpace(text) ? new ConfigurationOptions() : ConfigurationOptions.Parse(text);
        if (text is null || !text.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
        {
            options.AbortOnConnectFail = false;
        }

        configuration.GetSection($"{section}:ConfigurationOptions").Bind(options);
        configuration.GetSection($"{section}:{connectionName}:ConfigurationOptions").Bind(options);
        configure?.Invoke(options);

        return options.EndPoints.Count > 0
            ? options
            : throw new InvalidOperationException(
                $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{connectionName}' " +
                $"or for the '{section}:ConnectionString' configuration key.");
    }
}
