using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Health;

/// <summary>
/// Says once when a check changes its mind, and why. The framework logs an error at every probe instead, also while a service merely
/// waits for those that start beside it.
/// </summary>
internal sealed partial class HealthLog(TimeProvider time, ILogger<HealthLog> logger)
{
    private const int Waits = 1;
    private const int Ready = 2;

    /// <summary>For so long after the first probe a check that has never been healthy is starting and not broken.</summary>
    public static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, State> _states = [];
    private long _firstProbe;
    private int _start;

    private bool IsStarting => time.GetElapsedTime(Volatile.Read(ref _firstProbe)) < StartTime;

    public void Note(HealthReport report)
    {
        Interlocked.CompareExchange(ref _firstProbe, time.GetTimestamp(), 0);
        foreach (var (name, entry) in report.Entries)
        {
            var former = _states.GetValueOrDefault(name) ?? State.Unknown;
            var current = Judge(entry.Status, former);

            // Two probes at the same moment: the one that sets the new state writes the line.
            if (current != former && (_states.TryAdd(name, current) || _states.TryUpdate(name, current, former))) Write(name, entry, current, former);
        }

        NoteStart(report);
    }

    private State Judge(HealthStatus status, State former) => status switch
    {
        HealthStatus.Healthy => new State(LogLevel.None, WasHealthy: true),
        _ when !former.WasHealthy && IsStarting => former,
        HealthStatus.Degraded => former with { Level = LogLevel.Warning },
        _ => former with { Level = LogLevel.Error },
    };

    private void Write(string check, HealthReportEntry entry, State current, State former)
    {
        if (current.Level != LogLevel.None) Log.NotHealthy(logger, current.Level, check, entry.Status, entry.Description, entry.Exception);
        else if (former.Level != LogLevel.None) Log.Healthy(logger, check);
    }

    // One line for all that it waits for, and one when it waits no more.
    private void NoteStart(HealthReport report)
    {
        if (report.Status == HealthStatus.Healthy)
        {
            if (Interlocked.Exchange(ref _start, Ready) == Waits) Log.Ready(logger);
        }
        else if (IsStarting && Interlocked.CompareExchange(ref _start, Waits, 0) == 0)
        {
            var waitsFor = report.Entries.Where(static entry => entry.Value.Status != HealthStatus.Healthy)
                .Select(static entry => $"{entry.Key} ({entry.Value.Description ?? "no reason given"})");
            Log.NotReady(logger, string.Join(", ", waitsFor));
        }
    }

    /// <param name="Level">How bad it is; none when all is well or it is starting.</param>
    /// <param name="WasHealthy">It has been well since the service started.</param>
    private sealed record State(LogLevel Level, bool WasHealthy)
    {
        public static readonly State Unknown = new(LogLevel.None, WasHealthy: false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Not ready yet, waiting for {Checks}")]
        public static partial void NotReady(ILogger logger, string checks);

        [LoggerMessage(2, LogLevel.Information, "Ready")]
        public static partial void Ready(ILogger logger);

        [LoggerMessage(EventId = 3, Message = "Health check {Check} is {Status}: {Reason}")]
        public static partial void NotHealthy(ILogger logger, LogLevel level, string check, HealthStatus status, string? reason, Exception? exception);

        [LoggerMessage(4, LogLevel.Information, "Health check {Check} is healthy")]
        public static partial void Healthy(ILogger logger, string check);
    }
}
