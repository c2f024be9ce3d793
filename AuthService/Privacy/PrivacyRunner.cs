using System.Threading.Channels;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.AuthService.Privacy;

/// <summary>
/// Carries operations on, at any replica: whoever holds an operation's lock works on it. The lock belongs to a connection, so it goes with the
/// process, and another one goes on where this one was. Everything done is done again without harm.
/// </summary>
internal sealed partial class PrivacyRunner(
    AuthDatabase database, NpgsqlDataSource source, ExportWork exports, ErasureWork erasures, IOptions<PrivacyOptions> options, TimeProvider time,
    ILogger<PrivacyRunner> logger) : RecurringWork("Looking for exports and erasures", options.Value.PollInterval, time, logger)
{
    private const int AtOnce = 4;
    private const string LockKey = "hashtextextended('privacy ' || $1, 0)";

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says that there is something to do now.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    protected override bool StartsAtOnce => true;

    protected override async Task WaitAsync(PeriodicTimer interval, CancellationToken cancellationToken)
    {
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_wake.Reader.WaitToReadAsync(waits.Token).AsTask(), Task.Delay(options.Value.PollInterval, Time, waits.Token));
        await waits.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        _wake.Reader.TryRead(out _);
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        await database.QueryOneAsync<long>("select delete_expired_exports()", null, cancellationToken);
        var due = await database.QueryAsync<Due>(
            "select organisation as Organisation, id as Id, kind as Kind from due_privacy_operations(@AtOnce)", new { AtOnce }, cancellationToken);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (operation, stop) =>
        {
            try
            {
                await RunAsync(operation, stop);
            }
            catch (NpgsqlException exception)
            {
                Log.Interrupted(Logger, operation.Kind, exception.Message);
            }
            catch (InvalidOperationException exception)
            {
                // One that cannot be read (the master key is another) must not keep the others from being carried out.
                Log.Broken(Logger, operation.Kind, exception);
                await PutOffAsync(operation, stop);
            }
        });
    }

    private async Task RunAsync(Due due, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (!await LockAsync(connection, $"select pg_try_advisory_lock({LockKey})", due.Id, cancellationToken)) return;
        try
        {
            if (due.Kind == PrivacyOperation.Export) await exports.RunAsync(due.Organisation, due.Id, cancellationToken);
            else await erasures.RunAsync(due.Organisation, due.Id, cancellationToken);
        }
        finally
        {
            // The pool would keep the lock with the connection.
            await LockAsync(connection, $"select pg_advisory_unlock({LockKey})", due.Id, CancellationToken.None);
        }
    }

    private async Task PutOffAsync(Due due, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(due.Organisation, cancellationToken);
        await transaction.ExecuteAsync(
            "update privacy_operations set due_at = clock_timestamp() + interval '1 minute' where organisation = @Organisation and id = @Id",
            new { transaction.Organisation, due.Id }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string sql, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = id } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record Due
    {
        public required string Organisation { get; init; }

        public required string Id { get; init; }

        public required string Kind { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "An {Kind} was interrupted and goes on later: {Reason}")]
        public static partial void Interrupted(ILogger logger, string kind, string reason);

        [LoggerMessage(2, LogLevel.Error, "An {Kind} cannot be carried on; it is tried again in a minute")]
        public static partial void Broken(ILogger logger, string kind, Exception exception);
    }
}
