using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Builds the options of one client: connection string, configuration sections, delegate.</summary>
internal sealed class RedisOptions(
    string connectionName,
    StackExchangeRedisSettings settings,
    IConfiguration configuration,
    Action<ConfigurationOptions>? configure)
{
    private const string Section = AspireRedisExtensions.ConfigurationSection;

    public ConfigurationOptions Build()
    {
        var text = settings.ConnectionString;
        var options = string.IsNullOrWhiteSpace(text) ? new ConfigurationOptions() : ConfigurationOptions.Parse(text);
        if (text is null || !text.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
        {
            options.AbortOnConnectFail = false;
        }

        configuration.GetSection($"{Section}:ConfigurationOptions").Bind(options);
        configuration.GetSection($"{Section}:{connectionName}:ConfigurationOptions").Bind(options);
        configure?.Invoke(options);

        return options.EndPoints.Count > 0
            ? options
            : throw new InvalidOperationException(
                $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{connectionName}' " +
                $"or for the '{Section}:ConnectionString' configuration key.");
    }
}
