using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Keeps one process of a resource running: starts it, starts it again when it dies, stops it when told to.</summary>
internal sealed class ResourceRunner(ResourceInstance instance, ReadyGate gate, RunnerServices services) : IDisposable
{
    // Dying three times without ever having been healthy is not bad luck any more. It is tried on, but those who wait are told.
    private const int HopelessAfter = 3;

    private readonly RestartBackoff _backoff = new();
    private readonly CancellationTokenSource _shutdown = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly SemaphoreSlim _command = new(1, 1);
    private CancellationTokenSource? _run;
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isWanted = !instance.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>();
    private Task _loop = Task.CompletedTask;

    public ResourceInstance Instance => instance;

    public void Begin() => _loop = Task.Run(LoopAsync);

    /// <summary>Starts the process again after it was stopped, failed or finished; does nothing while it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _command.WaitAsync(cancellationToken);
        try
        {
            if (_isWanted)
                return;

            _backoff.Reset();
            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isWanted = true;
            _changed.Release();
        }
        finally
        {
            _command.Release();
        }
    }

    /// <summary>Stops the process and returns when it has stopped.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _command.WaitAsync(cancellationToken);
        try
        {
            _isWanted = false;
            _run?.Cancel();
            _changed.Release();
            await _idle.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _command.Release();
        }
    }

    /// <summary>Stops the process for good.</summary>
    public async Task ShutdownAsync()
    {
        await _shutdown.CancelAsync();
        await _loop;
    }

    public void Dispose()
    {
        _shutdown.Dispose();
        _changed.Dispose();
        _command.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_shutdown.IsCancellationRequested)
        {
            if (!_isWanted)
            {
                _idle.TrySetResult();
                await PauseAsync(Timeout.InfiniteTimeSpan);
                continue;
            }

            using var run = CancellationTokenSource.CreateLinkedTokenSource(_shutdown.Token);
            _run = run;
            var result = await new ProcessRun(instance, gate, services).RunAsync(run.Token);
            _run = null;
            await EndAsync(result, run.IsCancellationRequested);
        }

        _idle.TrySetResult();
        services.Logs.Complete(instance.Id);
    }

    private async Task EndAsync(RunResult result, bool wasStopped)
    {
        if (wasStopped)
        {
            await PublishEndAsync(KnownResourceStates.Exited, KnownResourceStateStyles.Info, result.ExitCode);
        }
        else if (result.Failure is not null)
        {
            _isWanted = false;
            services.Log(instance, result.Failure, isError: true);
            var state = instance.Resource is ParameterResource ? KnownResourceStates.ValueMissing : KnownResourceStates.FailedToStart;
            await PublishEndAsync(state, KnownResourceStateStyles.Error, result.ExitCode);
        }
        else if (IsRestarted(result))
        {
            await RestartAsync(result);
        }
        else
        {
            _isWanted = false;
            await PublishEndAsync(
                result.ExitCode == 0 ? KnownResourceStates.Finished : KnownResourceStates.Exited,
                result.ExitCode == 0 ? KnownResourceStateStyles.Success : KnownResourceStateStyles.Error,
                result.ExitCode);
        }
    }

    private async Task RestartAsync(RunResult result)
    {
        var delay = _backoff.Next(result.HealthyFor);
        services.Log(
            instance,
            string.Create(CultureInfo.InvariantCulture, $"Ended with code {result.ExitCode}; starting again in {delay.TotalSeconds:0} s."),
            isError: true);
        await PublishEndAsync(
            _backoff.StillbornInARow >= HopelessAfter ? KnownResourceStates.FailedToStart : KnownResourceStates.Restarting,
            KnownResourceStateStyles.Warn,
            result.ExitCode);
        await PauseAsync(delay);
    }

    // Something that serves must not end, whatever its exit code says: a service that got a SIGTERM from outside ends with 0.
    private bool IsRestarted(RunResult result)
    {
        var isAwaited = services.Builder.Resources
            .SelectMany(resource => resource.Annotations.OfType<WaitAnnotation>())
            .Any(wait => wait.WaitType == WaitType.WaitForCompletion && wait.Resource == instance.Resource);
        var serves = instance.Resource.HasAnnotationOfType<EndpointAnnotation>();
        return !isAwaited && (serves || (instance.Resource is ProjectResource && result.ExitCode != 0));
    }

    private async Task PublishEndAsync(string state, string style, int? exitCode)
    {
        await services.Notifications.PublishUpdateAsync(instance.Resource, instance.Id, snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(state, style),
            ExitCode = exitCode,
            IsReady = false,
            HealthReports = [],
            StopTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
        });
        if (services.Notifications.TryGetCurrentState(instance.Id, out var last))
            await services.Eventing.PublishAsync(new ResourceStoppedEvent(instance.Resource, services.Services, last), CancellationToken.None);
    }

    private async Task PauseAsync(TimeSpan longest)
    {
        try
        {
            await _changed.WaitAsync(longest, _shutdown.Token);
        }
        catch (OperationCanceledException)
        {
            // Shutting down; the loop sees it too.
        }
    }
}
