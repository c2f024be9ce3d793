using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Hosting;

/// <summary>
/// Work that is done again and again for as long as the service runs. Whatever a round throws, the next one comes: a loop that ended would be missed by nobody until what it
/// keeps up has gone stale, and an exception that leaves a <see cref="BackgroundService"/> stops the whole host. An outage is logged once when it begins, once when its cause
/// changes, and once when it is over.
/// </summary>
public abstract partial class RecurringWork : BackgroundService
{
    private readonly string _name;
    private readonly TimeSpan _interval;
    private string? _cause;

    /// <summary>Work of a name and an interval.</summary>
    /// <param name="name">What the logs call it; it begins a sentence: "Reading revocations".</param>
    /// <param name="interval">From the beginning of a round to the beginning of the next; one that takes longer is followed at once.</param>
    /// <param name="time">Measures the interval.</param>
    /// <param name="logger">Takes a warning for what was to be expected (a store or a peer is away), and an error with its stack for all else.</param>
    protected RecurringWork(string name, TimeSpan interval, TimeProvider time, ILogger logger) => (_name, _interval, Time, Logger) = (name, interval, time, logger);

    /// <summary>Why the last round failed; null when it did not, or there was none yet. For health checks.</summary>
    public string? Outage { get; private set; }

    /// <summary>What the interval is measured with.</summary>
    protected TimeProvider Time { get; }

    /// <summary>Where the work logs.</summary>
    protected ILogger Logger { get; }

    /// <summary>Whether the first round is at the start of the service; it is one interval later unless this says so.</summary>
    protected virtual bool StartsAtOnce => false;

    /// <summary>One round.</summary>
    /// <param name="cancellationToken">The service stops.</param>
    protected abstract Task WorkAsync(CancellationToken cancellationToken);

    /// <summary>Waits until the next round is due. Override it where something may wake the work earlier.</summary>
    /// <param name="interval">Ticks at the interval.</param>
    /// <param name="cancellationToken">The service stops.</param>
    protected virtual async Task WaitAsync(PeriodicTimer interval, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(interval);
        await interval.WaitForNextTickAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, Time);
        try
        {
            if (!StartsAtOnce) await WaitAsync(timer, stoppingToken);
            while (true)
            {
                await TryAsync(stoppingToken);
                await WaitAsync(timer, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Log.Stopped(Logger, _name);
        }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WorkAsync(cancellationToken);
            if (_cause is not null) Log.SucceedsAgain(Logger, _name);
            (_cause, Outage) = (null, null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Not by its message: that may name a port or a time, another in each round.
            var cause = exception is DbException { SqlState: { } state } ? state : exception.GetType().Name;
            if (cause != _cause && IsExpected(exception)) Log.Failed(Logger, _name, exception.Message);
            else if (cause != _cause) Log.FailedUnexpectedly(Logger, _name, exception);
            (_cause, Outage) = (cause, exception.Message);
        }
    }

    /// <summary>Stores and peers go away and come back. Override it to name the exceptions of further clients.</summary>
    /// <param name="exception">What a round threw.</param>
    protected virtual bool IsExpected(Exception exception) => exception is DbException or IOException or SocketException or HttpRequestException or TimeoutException or OperationCanceledException;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Work} does not succeed now and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string work, string reason);

        [LoggerMessage(2, LogLevel.Error, "{Work} failed unexpectedly and is tried again")]
        public static partial void FailedUnexpectedly(ILogger logger, string work, Exception exception);

        [LoggerMessage(3, LogLevel.Information, "{Work} succeeds again")]
        public static partial void SucceedsAgain(ILogger logger, string work);

        [LoggerMessage(4, LogLevel.Debug, "{Work} ends with the service")]
        public static partial void Stopped(ILogger logger, string work);
    }
}
