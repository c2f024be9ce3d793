using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Starts, stops and restarts resources by command (<see cref="KnownResourceCommands"/>).</summary>
public class ResourceCommandService
{
    private readonly Orchestrator _orchestrator;

    internal ResourceCommandService(Orchestrator orchestrator) => _orchestrator = orchestrator;

    /// <param name="resourceId">Id of one process, or name of a resource for all of its processes.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the command to be done.</param>
    /// <returns>A failure, with the reason, when there is no such resource or command.</returns>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(
            runner => string.Equals(runner.Instance.Id, resourceId, StringComparison.OrdinalIgnoreCase)
                || string.Equals(runner.Instance.Resource.Name, resourceId, StringComparison.OrdinalIgnoreCase),
            resourceId,
            commandName,
            cancellationToken);

    /// <summary>For all processes of the resource.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(runner => runner.Instance.Resource == resource, resource.Name, commandName, cancellationToken);

    private async Task<ExecuteCommandResult> ExecuteAsync(
        Func<ResourceRunner, bool> isMeant, string name, string command, CancellationToken cancellationToken)
    {
        var runners = _orchestrator.Runners.Where(isMeant).ToArray();
        if (runners.Length == 0)
            return CommandResults.Failure($"There is no resource '{name}'.");

        Func<ResourceRunner, Task>? action =
            command == KnownResourceCommands.StartCommand ? runner => runner.StartAsync(cancellationToken)
            : command == KnownResourceCommands.StopCommand ? runner => runner.StopAsync(cancellationToken)
            : command == KnownResourceCommands.RestartCommand ? RestartAsync
            : null;
        if (action is null)
            return CommandResults.Failure($"'{name}' has no command '{command}'.");

        try
        {
            await Task.WhenAll(runners.Select(action));
            return CommandResults.Success();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }

        async Task RestartAsync(ResourceRunner runner)
        {
            await runner.StopAsync(cancellationToken);
            await runner.StartAsync(cancellationToken);
        }
    }
}
