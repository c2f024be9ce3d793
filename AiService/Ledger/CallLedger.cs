using System.Collections.Concurrent;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.AiService.Ledger;

/// <summary>
/// Sees to it that every call has exactly one row in the ledger: reserved before a provider is asked, settled at its end however it
/// ends, tried again while the database is away, and settled as lost by any replica when its process died.
/// </summary>
internal sealed partial class CallLedger(LedgerStore store, IOptions<RoutingOptions> options, TimeProvider time, ILogger<CallLedger> logger)
    : RecurringWork("Settling calls", RetryInterval, time, logger)
{
    /// <summary>Slack between the longest call and the moment from which it counts as lost.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<SettledCall> _unsettled = new();
    private DateTimeOffset _swept = DateTimeOffset.MinValue;

    public async Task<ReservedCall> ReserveAsync(string organisation, string subject, string operation, decimal mostCost, CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var call = new ReservedCall(Guid.CreateVersion7(now), organisation, subject, operation, now, now + options.Value.CallTimeout + Grace, mostCost);
        await store.ReserveAsync(call, cancellationToken);
        return call;
    }

    /// <summary>Never fails and never waits long; what cannot be written now is written later.</summary>
    public async Task SettleAsync(SettledCall settled)
    {
        // The caller's cancellation is no reason to forget what the call cost.
        using var timeout = new CancellationTokenSource(SettleTimeout, Time);
        try
        {
            await store.SettleAsync(settled, timeout.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            _unsettled.Enqueue(settled);
            Log.Postponed(Logger, settled.Call.Id, exception.Message);
        }
    }

    /// <summary>Writes what is waiting; then, now and then, looks for calls of dead processes.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        for (var waiting = _unsettled.Count; waiting > 0 && _unsettled.TryDequeue(out var settled); waiting--)
        {
            try
            {
                await store.SettleAsync(settled, cancellationToken);
            }
            catch
            {
                // To the end of the queue, so that one that can never be written holds up no other.
                _unsettled.Enqueue(settled);
                throw;
            }
        }

        if (Time.GetUtcNow() - _swept < SweepInterval) return;
        var lost = await store.SettleLostAsync(Time.GetUtcNow(), options.Value.Currency, cancellationToken);
        _swept = Time.GetUtcNow();
        if (lost > 0) Log.Lost(Logger, lost);
    }

    protected override Task WorkAsync(CancellationToken cancellationToken) => CatchUpAsync(cancellationToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await CatchUpAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            Log.StillWaiting(Logger, _unsettled.Count, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Call {CallId} cannot be settled now and will be later: {Reason}")]
        public static partial void Postponed(ILogger logger, Guid callId, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Settled {Count} calls of processes that ended before they could")]
        public static partial void Lost(ILogger logger, int count);

        [LoggerMessage(3, LogLevel.Warning, "{Count} calls wait to be settled: {Reason}")]
        public static partial void StillWaiting(ILogger logger, int count, string reason);
    }
}
