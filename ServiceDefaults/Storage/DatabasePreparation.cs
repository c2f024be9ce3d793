using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>
/// Before anything listens: waits for the server, then under one lock creates roles and applies migrations. Replicas that start at
/// the same time wait for each other; those that come later find nothing to do.
/// </summary>
internal sealed partial class DatabasePreparation(DatabasePlan plan, TimeProvider time, ILoggerFactory loggers) : IHostedLifecycleService
{
    // "AiMesh" and a number. Advisory locks belong to one database, so every service may use the same.
    private const long LockKey = 0x41694D657368_01;

    private readonly ILogger _logger = loggers.CreateLogger<DatabasePreparation>();

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(plan.Options.StartTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await using var connection = await ConnectAsync(both.Token);
            await PrepareAsync(connection, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The database '{plan.Roles.Database}' was not ready within {plan.Options.StartTimeout.TotalSeconds:0} seconds.");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Not released by hand: it ends with the session, also when this process is killed.
        await using (var takeLock = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { CommandTimeout = 0, Parameters = { new() { Value = LockKey } } })
            await takeLock.ExecuteNonQueryAsync(cancellationToken);

        if (plan.CreatesRoles) await new RoleProvisioner(plan.Roles).RunAsync(connection, cancellationToken);
        await new MigrationRunner(plan.Roles, loggers.CreateLogger<MigrationRunner>()).RunAsync(connection, plan.Migrations, cancellationToken);
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            var connection = new NpgsqlConnection(plan.AdministratorConnectionString);
            try
            {
                await connection.OpenAsync(cancellationToken);
                return connection;
            }
            catch (NpgsqlException exception) when (IsNotReady(exception))
            {
                await connection.DisposeAsync();
                Log.Waiting(_logger, plan.Roles.Database, exception.Message);
                await Task.Delay(pause, time, cancellationToken);
                pause = TimeSpan.FromMilliseconds(Math.Min(2000, pause.TotalMilliseconds * 2));
            }
        }
    }

    /// <summary>Not listening yet, starting up, shutting down, full, or the database is still to be created.</summary>
    private static bool IsNotReady(NpgsqlException exception) => exception switch
    {
        PostgresException postgres => postgres.IsTransient || postgres.SqlState == PostgresErrorCodes.InvalidCatalogName,
        { InnerException: SocketException or TimeoutException or IOException } => true,
        _ => exception.IsTransient,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Waiting for database {Database}: {Reason}")]
        public static partial void Waiting(ILogger logger, string database, string reason);
    }
}
