using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.EnvironmentVariables;
using Aspire.Hosting.Health;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Urls;

namespace Aspire.Hosting.Orchestration;

/// <summary>How one run of a process ended.</summary>
/// <param name="ExitCode">Null when there was no process, or it never came to life.</param>
/// <param name="Failure">Why it never came to life.</param>
/// <param name="HealthyFor">Since it became healthy; zero if it never was.</param>
internal sealed record RunResult(int? ExitCode, string? Failure, TimeSpan HealthyFor);

/// <summary>One run of one process: wait, start, watch, stop.</summary>
internal sealed class ProcessRun(ResourceInstance instance, ReadyGate gate, RunnerServices services)
{
    private readonly IResource _resource = instance.Resource;

    /// <summary>Returns when the process has ended, by itself or because of <paramref name="stop"/>.</summary>
    public async Task<RunResult> RunAsync(CancellationToken stop)
    {
        try
        {
            await WaitAsync(stop);
            await services.Eventing.PublishAsync(new BeforeResourceStartedEvent(_resource, services.Services), stop);
            await SetStateAsync(KnownResourceStates.Starting);
            var launcher = Launchers.Find(_resource);
            var process = launcher is null ? null : await LaunchAsync(launcher, stop);
            await using (process)
                return await WatchAsync(process, launcher?.StopGrace ?? TimeSpan.Zero, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new RunResult(null, null, TimeSpan.Zero);
        }
        catch (Exception error) when (error is DistributedApplicationException or InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            return new RunResult(null, error.Message, TimeSpan.Zero);
        }
        finally
        {
            gate.Leave(instance.Id);
        }
    }

    private async Task WaitAsync(CancellationToken stop)
    {
        if (!WaitCycles.Needs(_resource).Any())
            return;

        await SetStateAsync(KnownResourceStates.Waiting);
        await services.Notifications.WaitBeforeStartAsync(_resource, stop);
    }

    private async Task<ChildProcess?> LaunchAsync(LauncherAnnotation launcher, CancellationToken stop)
    {
        var values = new ValueResolver(services.Builder.ExecutionContext, _resource, instance.Replica, services.Logs.GetLogger(instance.Id));
        var (variables, secrets) = await values.EnvironmentAsync(stop);
        await PublishAsync(snapshot => snapshot with
        {
            EnvironmentVariables = [.. variables.Select(variable => new EnvironmentVariableSnapshot(
                variable.Key, secrets.Contains(variable.Key) ? null : variable.Value, IsFromSpec: true))],
        });

        var context = new LaunchContext
        {
            Builder = services.Builder,
            Resource = _resource,
            Replica = instance.Replica,
            EnvironmentVariables = variables,
            Arguments = await values.ArgumentsAsync(stop),
            OnLine = (line, isError) => services.Logs.Append(instance.Id, line, isError),
        };
        return await launcher.Launch(context, stop);
    }

    private async Task<RunResult> WatchAsync(ChildProcess? process, TimeSpan grace, CancellationToken stop)
    {
        var health = new ResourceHealth(_resource, instance.Replica, services.HealthChecks);
        var monitor = new HealthMonitor(instance, health, gate, services);
        var urls = await ResourceUrls.OfAsync(_resource, services.Builder.ExecutionContext, stop);
        await PublishAsync(snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            HealthReports = health.Unknown,
            Urls = ResourceUrls.Snapshots(urls),
            Properties = process is null ? snapshot.Properties : ImmutableArray.Create(new ResourcePropertySnapshot("executable.pid", process.Id)),
            StartTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
            StopTimeStamp = null,
            ExitCode = null,
        });

        using var monitoring = new CancellationTokenSource();
        var watching = monitor.RunAsync(monitoring.Token);
        var exit = await ExitAsync(process, grace, stop);
        await monitoring.CancelAsync();
        await watching.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return new RunResult(exit, null, monitor.HealthyFor);
    }

    private async Task<int?> ExitAsync(ChildProcess? process, TimeSpan grace, CancellationToken stop)
    {
        var stopped = Task.Delay(Timeout.Infinite, stop);
        if (process is null)
        {
            await Task.WhenAny(stopped);
            return null;
        }

        if (await Task.WhenAny(process.Exited, stopped) == process.Exited)
            return await process.Exited;

        await SetStateAsync(KnownResourceStates.Stopping);
        return await process.StopAsync(grace);
    }

    private Task SetStateAsync(string state) =>
        PublishAsync(snapshot => snapshot with { State = new ResourceStateSnapshot(state, KnownResourceStateStyles.Info), IsReady = false });

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        services.Notifications.PublishUpdateAsync(_resource, instance.Id, change);
}
