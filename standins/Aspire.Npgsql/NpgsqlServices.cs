using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Aspire.Npgsql;

/// <summary>The registrations that the package Npgsql.DependencyInjection makes: data source and connection, keyed or not.</summary>
internal static class NpgsqlServices
{
    public static void Add(
        IServiceCollection services,
        NpgsqlSettings settings,
        string connectionName,
        string? serviceKey,
        Action<NpgsqlDataSourceBuilder>? configure)
    {
        // A null key is the unkeyed registration.
        services.TryAdd(ServiceDescriptor.KeyedSingleton(
            serviceKey,
            (provider, _) => CreateDataSource(provider, settings, connectionName, configure)));
        services.TryAdd(ServiceDescriptor.KeyedSingleton<DbDataSource>(
            serviceKey,
            static (provider, key) => provider.GetRequiredKeyedService<NpgsqlDataSource>(key)));
        services.TryAdd(ServiceDescriptor.KeyedTransient(
            serviceKey,
            static (provider, key) => provider.GetRequiredKeyedService<NpgsqlDataSource>(key).CreateConnection()));
        services.TryAdd(ServiceDescriptor.KeyedTransient<DbConnection>(
            serviceKey,
            static (provider, key) => provider.GetRequiredKeyedService<NpgsqlConnection>(key)));
    }

    private static NpgsqlDataSource CreateDataSource(
        IServiceProvider provider,
        NpgsqlSettings settings,
        string connectionName,
        Action<NpgsqlDataSourceBuilder>? configure)
    {
        // Checked here and not at registration: by now there is a logger, and a service that never uses the database may run.
        if (string.IsNullOrWhiteSpace(settings.ConnectionString))
        {
            const string section = AspirePostgreSqlNpgsqlExtensions.ConfigurationSection;
            throw new InvalidOperationException(
                $"ConnectionString is missing. It should be provided in 'ConnectionStrings:{connectionName}' or under the " +
                $"'ConnectionString' key in '{section}' or '{section}:{connectionName}' configuration section.");
        }

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UseLoggerFactory(provider.GetService<ILoggerFactory>());
        configure?.Invoke(builder);
        return builder.Build();
    }
}
