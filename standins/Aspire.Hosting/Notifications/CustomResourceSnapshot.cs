using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a resource is at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>For example Project, Executable, PostgresServerResource.</summary>
    public required string ResourceType { get; init; }

    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }

    /// <summary>One of <see cref="KnownResourceStates"/>, or Restarting: its process has died and comes again shortly.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>Of the last process that ended; 128 + signal number if it was killed.</summary>
    public int? ExitCode { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? CreationTimeStamp { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? StartTimeStamp { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? StopTimeStamp { get; init; }

    public ImmutableArray<EnvironmentVariableSnapshot> EnvironmentVariables { get; init; } = [];

    public ImmutableArray<UrlSnapshot> Urls { get; init; } = [];

    public bool IsHidden { get; init; }

    /// <summary>The worst of the reports; null when the resource is not running.</summary>
    public HealthStatus? HealthStatus =>
        State?.Text != KnownResourceStates.Running ? null
        : HealthReports.IsEmpty ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
        : HealthReports.Min(report => report.Status ?? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy);

    /// <summary>One for each health check; without a status until it has run.</summary>
    public ImmutableArray<HealthReportSnapshot> HealthReports { get; internal init; } = [];

    /// <summary>Healthy, and the handlers of <see cref="ResourceReadyEvent"/> are done.</summary>
    internal bool IsReady { get; init; }
}

/// <param name="Text">One of <see cref="KnownResourceStates"/>.</param>
/// <param name="Style">One of <see cref="KnownResourceStateStyles"/>.</param>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new(s, null);
}

/// <param name="Name">Name of the variable.</param>
/// <param name="Value">Its value; null for a secret.</param>
/// <param name="IsFromSpec">Set by the AppHost, not inherited.</param>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsFromSpec);

/// <param name="Name">Name of the endpoint.</param>
/// <param name="Url">Where it is reached.</param>
/// <param name="IsInternal">Not for people.</param>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal);

/// <param name="Name">Name of the fact.</param>
/// <param name="Value">Text, number or list.</param>
public sealed record ResourcePropertySnapshot(string Name, object? Value)
{
    public bool IsSensitive { get; init; }
}

/// <param name="Name">Key of the health check.</param>
/// <param name="Status">Null until the check has run.</param>
/// <param name="Description">What the check says.</param>
/// <param name="ExceptionText">Why it failed.</param>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText)
{
    /// <summary>UTC.</summary>
    public DateTime? LastRunAt { get; init; }
}
