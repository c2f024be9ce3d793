using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Aspire.Hosting.State;

namespace Aspire.Hosting.Orchestration;

/// <summary>What is known when a process of a resource is about to start.</summary>
internal sealed class LaunchContext
{
    public required IDistributedApplicationBuilder Builder { get; init; }

    public required IResource Resource { get; init; }

    /// <summary>Which of the resource's processes, from 0.</summary>
    public required int Replica { get; init; }

    public required IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Takes a line of output; the flag tells standard error.</summary>
    public required Action<string, bool> OnLine { get; init; }

    public StateFolder State => StateFolder.Of(Builder);

    /// <summary>Port that this process must listen on for an endpoint.</summary>
    public int PortOf(string endpointName) =>
        Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == endpointName).ReplicaPorts[Replica];
}

/// <summary>Knows how to run a resource; what has none has no process of its own.</summary>
internal sealed class LauncherAnnotation(Func<LaunchContext, CancellationToken, Task<ChildProcess?>> launch) : IResourceAnnotation
{
    /// <summary>Starts the process; null when there is nothing to start because something else provides the resource.</summary>
    public Func<LaunchContext, CancellationToken, Task<ChildProcess?>> Launch { get; } = launch;

    /// <summary>How long the process may take to stop before it is killed.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);
}
