using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Logs;
using Aspire.Hosting.State;
using Aspire.Hosting.Urls;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Says how the start went: when everything runs, or when it is clear that something does not.</summary>
internal sealed class StartReport(
    IDistributedApplicationBuilder builder, Orchestrator orchestrator, ResourceNotificationService notifications, ResourceLoggerService logs)
    : BackgroundService
{
    private const int LinesOfFailure = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly long _started = Stopwatch.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Once when nothing more will change by itself or patience is at its end; once more when all is well after all.
        if (!await UntilAsync(IsSettled, Patience, stoppingToken) | !await PrintAsync(stoppingToken))
        {
            await UntilAsync(IsUp, Timeout.InfiniteTimeSpan, stoppingToken);
            await PrintAsync(stoppingToken);
        }
    }

    private static bool IsUp(CustomResourceSnapshot snapshot) => snapshot.IsReady || snapshot.State?.Text == KnownResourceStates.Finished;

    private bool IsSettled(ResourceInstance instance, CustomResourceSnapshot snapshot) =>
        IsUp(snapshot)
        || IsFailed(snapshot)
        || instance.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>()
        || (snapshot.State?.Text == KnownResourceStates.Waiting && WaitCycles.Needs(instance.Resource).Any(IsUnavailable));

    private bool IsUnavailable(IResource resource) =>
        ResourceInstance.Of(resource).Any(instance =>
            notifications.TryGetCurrentState(instance.Id, out var state) && IsSettled(instance, state.Snapshot) && !IsUp(state.Snapshot));

    private static bool IsFailed(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text is { } state && (state == KnownResourceStates.FailedToStart || state == KnownResourceStates.Exited || state == KnownResourceStates.ValueMissing);

    private Task<bool> UntilAsync(Func<CustomResourceSnapshot, bool> condition, TimeSpan longest, CancellationToken cancellationToken) =>
        UntilAsync((_, snapshot) => condition(snapshot), longest, cancellationToken);

    private async Task<bool> UntilAsync(Func<ResourceInstance, CustomResourceSnapshot, bool> condition, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(longest);
        try
        {
            await foreach (var _ in notifications.WatchAsync(deadline.Token))
            {
                if (orchestrator.Runners.Any() && orchestrator.Runners.All(runner =>
                    notifications.TryGetCurrentState(runner.Instance.Id, out var state) && condition(runner.Instance, state.Snapshot)))
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline; or the application is being disposed, and there is nothing to report any more.
        }

        return false;
    }

    private async Task<bool> PrintAsync(CancellationToken cancellationToken)
    {
        var shown = orchestrator.Runners
            .Select(runner => runner.Instance)
            .Select(instance => (Instance: instance, notifications.TryGetCurrentState(instance.Id, out var state) ? state.Snapshot : null))
            .Where(row => row.Item2 is not null && (row.Instance.Resource is not ParameterResource || !IsUp(row.Item2)))
            .Select(row => (row.Instance, Snapshot: row.Item2!))
            .ToArray();

        var lines = new List<string> { "" };
        lines.AddRange(ReportTable.Of(shown));
        var down = shown.Where(row => !IsUp(row.Snapshot) && !row.Instance.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>()).ToArray();
        foreach (var (instance, snapshot) in down.Where(row => row.Snapshot.State?.Text != KnownResourceStates.Waiting))
            lines.AddRange(Explain(instance, snapshot));

        lines.Add("");
        lines.AddRange(await WhatToOpenAsync(cancellationToken));
        lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{(down.Length == 0 ? "Everything runs" : "Not everything runs")} after {Stopwatch.GetElapsedTime(_started).TotalSeconds:0.0} s. Data: {StateFolder.Of(builder).Path}. Ctrl-C stops."));
        ConsoleOutput.WriteBlock(lines);
        return down.Length == 0;
    }

    private IEnumerable<string> Explain(ResourceInstance instance, CustomResourceSnapshot snapshot)
    {
        yield return "";
        yield return $"{instance.Id} is {snapshot.State?.Text}{(snapshot.ExitCode is { } code ? $" (code {code})" : "")}. Its last lines:";
        foreach (var report in snapshot.HealthReports.Where(report => report.Description is not null))
            yield return $"  {report.Description}";

        foreach (var line in logs.Tail(instance.Id, LinesOfFailure))
            yield return $"  {line}";
    }

    private async Task<IEnumerable<string>> WhatToOpenAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var resource in builder.Resources)
        {
            var urls = await ResourceUrls.OfAsync(resource, builder.ExecutionContext, cancellationToken);
            lines.AddRange(urls
                .Where(url => url.Endpoint?.EndpointAnnotation is null or { IsExternal: true, Transport: "http" })
                .Select(url => $"Open {ConsoleOutput.Coloured(url.Url, "\e[1m")}  ({url.DisplayText ?? resource.Name})"));
        }

        return lines;
    }
}
