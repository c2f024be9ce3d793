using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Lets the testing package run an AppHost's own entry point and take hold of what it builds.</summary>
internal sealed class Interception
{
    private static readonly AsyncLocal<Interception?> Flow = new();

    /// <summary>Set in the flow of the thread that runs the entry point; null in ordinary life.</summary>
    public static Interception? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    /// <summary>Before the builder exists.</summary>
    public required Action<DistributedApplicationOptions, HostApplicationBuilderSettings> Creating { get; init; }

    /// <summary>The entry point wants to build; returns when it may.</summary>
    public required Action<DistributedApplicationBuilder> Building { get; init; }

    public required Action<DistributedApplication> Built { get; init; }

    /// <summary>The entry point wants to run; completes when the test is done with the application.</summary>
    public required Func<Task> Running { get; init; }
}
