using System.Collections.Immutable;
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Watches the health of one process of a resource while it runs.</summary>
internal sealed class HealthMonitor(ResourceInstance instance, ResourceHealth health, ReadyGate gate, RunnerServices services)
{
    private static readonly TimeSpan WhenHealthy = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WhenStarting = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private long? _healthySince;

    /// <summary>Since it became healthy for the first time; zero if it has not.</summary>
    public TimeSpan HealthyFor => _healthySince is { } since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var isReady = false;
        var failures = 0;
        while (true)
        {
            var reports = await health.CheckAsync(cancellationToken);
            var isHealthy = reports.All(report => report.Status == HealthStatus.Healthy);
            await PublishAsync(snapshot => Differ(snapshot.HealthReports, reports) ? snapshot with { HealthReports = reports } : snapshot);
            if (isHealthy)
            {
                _healthySince ??= Stopwatch.GetTimestamp();
                isReady = isReady || await BecomeReadyAsync(cancellationToken);
            }

            failures = isHealthy && isReady ? 0 : failures + 1;
            await Task.Delay(Pause(failures, Stopwatch.GetElapsedTime(started)), cancellationToken);
        }
    }

    // A start is a matter of seconds in which every tenth counts; something that is down for longer is asked less and less often.
    private TimeSpan Pause(int failures, TimeSpan running) =>
        failures == 0 ? WhenHealthy
        : _healthySince is null && running < TimeSpan.FromSeconds(30) ? WhenStarting
        : TimeSpan.FromSeconds(Math.Min(failures, Longest.TotalSeconds));

    private async Task<bool> BecomeReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gate.ArriveAsync(instance.Id, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The handlers are the AppHost's own code and may throw anything. Not ready is the truth; the next round tries again.
            services.Log(instance, $"A ready handler failed: {error.Message}", isError: true);
            return false;
        }

        await PublishAsync(snapshot => snapshot with { IsReady = true });
        return true;
    }

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        services.Notifications.PublishUpdateAsync(instance.Resource, instance.Id, change);

    private static bool Differ(ImmutableArray<HealthReportSnapshot> former, ImmutableArray<HealthReportSnapshot> current) =>
        !former.Select(report => (report.Name, report.Status, report.Description))
            .SequenceEqual(current.Select(report => (report.Name, report.Status, report.Description)));
}
