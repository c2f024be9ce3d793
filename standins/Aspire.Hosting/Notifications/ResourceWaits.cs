using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The waits of <see cref="ResourceNotificationService"/>.</summary>
internal sealed class ResourceWaits(ResourceNotificationService notifications, IServiceProvider services, ResourceLoggerService logs)
{
    private const int LinesOfFailure = 20;

    public WaitBehavior DefaultBehavior =>
        services.GetRequiredService<IOptions<ResourceNotificationServiceOptions>>().Value.DefaultWaitBehavior;

    public async Task<ResourceEvent> UntilAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken stopping, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        await foreach (var change in notifications.WatchAsync(either.Token))
        {
            if (IsNamed(change, resourceName) && predicate(change))
                return change;
        }

        throw new OperationCanceledException($"The application stopped before '{resourceName}' came into the expected state.");
    }

    public Task<ResourceEvent> UntilHealthyAsync(
        string resourceName, WaitBehavior behavior, CancellationToken stopping, CancellationToken cancellationToken) =>
        UntilAllAsync(
            resourceName,
            behavior,
            "healthy",
            snapshot => snapshot is { IsReady: true, HealthStatus: HealthStatus.Healthy },
            stopping,
            cancellationToken);

    public async Task ForDependenciesAsync(IResource resource, CancellationToken stopping, CancellationToken cancellationToken)
    {
        if (resource.TryGetAnnotationsOfType<WaitAnnotation>(out var waits))
            await Task.WhenAll(waits.Select(wait => ForAsync(wait, stopping, cancellationToken)));
    }

    private Task ForAsync(WaitAnnotation wait, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var behavior = wait.WaitBehavior ?? DefaultBehavior;
        return wait.WaitType switch
        {
            WaitType.WaitUntilHealthy => UntilHealthyAsync(wait.Resource.Name, behavior, stopping, cancellationToken),
            WaitType.WaitUntilStarted => UntilAllAsync(
                wait.Resource.Name,
                behavior,
                "started",
                snapshot => snapshot.State?.Text == KnownResourceStates.Running,
                stopping,
                cancellationToken),
            _ => UntilCompletedAsync(wait, stopping, cancellationToken),
        };
    }

    private async Task UntilCompletedAsync(WaitAnnotation wait, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var last = await UntilAsync(name, change => IsTerminal(change.Snapshot), stopping, cancellationToken);
        if (last.Snapshot.State?.Text == KnownResourceStates.FailedToStart || last.Snapshot.ExitCode != wait.ExitCode)
            throw Failure(name, $"'{name}' ended with code {last.Snapshot.ExitCode}, not {wait.ExitCode}", last);
    }

    // Every replica must have come as far: the one that has not may be the one that is called.
    private async Task<ResourceEvent> UntilAllAsync(
        string resourceName,
        WaitBehavior behavior,
        string goal,
        Func<CustomResourceSnapshot, bool> isReached,
        CancellationToken stopping,
        CancellationToken cancellationToken)
    {
        var reached = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return await UntilAsync(
            resourceName,
            change =>
            {
                if (behavior == WaitBehavior.StopOnResourceUnavailable && IsTerminal(change.Snapshot))
                    throw Failure(change.ResourceId, $"'{change.ResourceId}' did not become {goal}: it is {change.Snapshot.State?.Text}", change);

                if (isReached(change.Snapshot))
                    reached.Add(change.ResourceId);
                else
                    reached.Remove(change.ResourceId);

                var needed = change.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase)
                    ? ResourceIds.Of(change.Resource)
                    : [change.ResourceId];
                return needed.All(reached.Contains);
            },
            stopping,
            cancellationToken);
    }

    private DistributedApplicationException Failure(string id, string message, ResourceEvent last)
    {
        var tail = logs.Tail(last.ResourceId, LinesOfFailure);
        return new DistributedApplicationException(
            tail.Count == 0 ? $"{message}." : $"{message}. Last lines of {id}:{Environment.NewLine}{string.Join(Environment.NewLine, tail)}");
    }

    private static bool IsTerminal(CustomResourceSnapshot snapshot) =>
        snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    private static bool IsNamed(ResourceEvent change, string name) =>
        change.Resource.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || change.ResourceId.Equals(name, StringComparison.OrdinalIgnoreCase);
}
