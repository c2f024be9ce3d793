using System.Reflection;
using System.Runtime.CompilerServices;
using AiMesh.ServiceDefaults.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>A service's own PostgreSQL database.</summary>
public static class MeshDatabaseExtensions
{
    /// <summary>The key of the <see cref="NpgsqlDataSource"/> that acts as the owner of the database, for DDL only.</summary>
    public const string OwnerKey = "owner";

    /// <summary>
    /// Prepares the database before the service listens (roles, then the embedded migrations of the calling assembly) and registers an
    /// <see cref="NpgsqlDataSource"/> for requests that can neither change the schema nor get around row-level security.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">
    /// <c>ConnectionStrings:name</c> belongs to an administrator. Where <c>ConnectionStrings:name-api</c> is there too, requests use
    /// that, and the roles <c>database_owner</c> and <c>database_api</c> are expected to exist.
    /// </param>
    /// <param name="configure">Changes the defaults.</param>
    /// <exception cref="InvalidOperationException">The connection string is missing, or migrations are misnamed.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddMeshDatabase(this IHostApplicationBuilder builder, string connectionName, Action<MeshDatabaseOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new MeshDatabaseOptions { MigrationsAssembly = Assembly.GetCallingAssembly() };
        configure?.Invoke(options);

        var connectionString = builder.Configuration.GetConnectionString(connectionName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{connectionName} is missing.");
        var ownApi = builder.Configuration.GetConnectionString($"{connectionName}-api");
        var administrator = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        var roles = DatabaseRoles.For(administrator, builder.Configuration["Mesh:MasterKey"], builder.Environment.IsProduction() && ownApi is null);
        var plan = new DatabasePlan(administrator.ConnectionString, roles, options) { CreatesRoles = ownApi is null };

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IHostedService>(services => new DatabasePreparation(
            plan, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddKeyedSingleton(OwnerKey, (_, _) => plan.CreateOwnerDataSource());

        var requests = new NpgsqlConnectionStringBuilder(ownApi ?? roles.ApiConnectionString(new NpgsqlConnectionStringBuilder(connectionString)));
        if (!requests.ShouldSerialize("Maximum Pool Size")) requests.MaxPoolSize = options.MaxPoolSize;
        NoticeSilence(requests, options);
        SpareThreads(requests.MaxPoolSize);
        builder.AddNpgsqlDataSource(
            connectionName,
            settings => settings.ConnectionString = requests.ConnectionString,
            dataSource => options.ConfigureDataSource?.Invoke(dataSource));
    }

    /// <summary>
    /// A server that is frozen, or that a line no longer leads to, refuses nothing: it is silent. Npgsql's defaults wait 30 s for each
    /// statement then, and pooled connections that are dead are found by the requests that draw them. The server for its part keeps the
    /// locks of a transaction whose client fell silent, for hours unless told otherwise, and whoever needs the same rows waits for them.
    /// </summary>
    private static void NoticeSilence(NpgsqlConnectionStringBuilder connection, MeshDatabaseOptions options)
    {
        var patience = Math.Max(1, (int)options.CommandTimeout.TotalSeconds);
        if (!connection.ShouldSerialize("Command Timeout")) connection.CommandTimeout = patience;
        if (!connection.ShouldSerialize("Timeout")) connection.Timeout = 4;
        if (!connection.ShouldSerialize("Keepalive")) connection.KeepAlive = 3;
        if (!connection.ShouldSerialize("Options"))
        {
            // Who waits for a lock gives up first: else each of those who fell silent in the queue would get the lock in its turn, and keep it.
            connection.Options = $"-c lock_timeout={patience * 800}ms -c idle_in_transaction_session_timeout={patience}s -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";
        }
    }

    /// <summary>
    /// Npgsql cancels a statement, also one that took too long, by asking the server on a connection of its own, and blocks a thread until the server has
    /// answered (https://github.com/npgsql/npgsql/issues/3277). When the server is silent all statements end so at once, and a pool that adds threads
    /// one by one as it finds them blocked has none left for what needs no database: handshakes, pings, health.
    /// </summary>
    private static void SpareThreads(int connections)
    {
        ThreadPool.GetMinThreads(out var workers, out var completionPorts);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + connections), completionPorts);
    }
}
