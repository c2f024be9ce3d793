using Npgsql;

namespace AiMesh.IoTIngest.Devices;

/// <summary>
/// Hears from PostgreSQL (LISTEN) which devices were revoked or got another credential, in whichever process that happened, and acts on
/// it here. When the connection breaks, changes may have been missed: everything remembered is dropped and every open connection is
/// checked again.
/// </summary>
internal sealed partial class DeviceChangeListener(
    NpgsqlDataSource dataSource, DeviceDirectory directory, DeviceConnections connections, TimeProvider time, ILogger<DeviceChangeListener> logger)
    : BackgroundService
{
    // A connection that hangs without an error is found out by the next probe.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                directory.IsListening = false;
                Log.Lost(logger, exception.Message);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var changes = new Queue<string>();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notification) => changes.Enqueue(notification.Payload);
        await ExecuteAsync(connection, "LISTEN device_changed", cancellationToken);

        directory.ForgetAll();
        directory.IsListening = true;
        await connections.RecheckAllAsync(cancellationToken);
        while (true)
        {
            if (!await connection.WaitAsync(ProbeInterval, cancellationToken))
                await ExecuteAsync(connection, "SELECT", cancellationToken);

            while (changes.TryDequeue(out var change))
                await ApplyAsync(change, cancellationToken);
        }
    }

    private async Task ApplyAsync(string change, CancellationToken cancellationToken)
    {
        var slash = change.IndexOf('/', StringComparison.Ordinal);
        var (organisation, id) = (change[..slash], change[(slash + 1)..]);
        directory.Forget(organisation, id);
        await connections.RecheckAsync(organisation, id, cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 2 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Changes of devices are not heard of now ({Reason}); the registry is asked every second instead")]
        public static partial void Lost(ILogger logger, string reason);
    }
}
