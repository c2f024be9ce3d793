using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.Mesh.Tests;

/// <summary>Starts a mesh and, where it does not come up, tells why.</summary>
internal static class MeshStart
{
    private const int LinesOfLog = 15;

    /// <summary>Comes back when the gateway, and so everything behind it, is healthy.</summary>
    /// <exception cref="TimeoutException">It did not in time; the message holds the state and the last lines of every resource.</exception>
    public static async Task StartToHealthAsync(this DistributedApplication app, CancellationToken patience)
    {
        try
        {
            await app.StartAsync(patience);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", patience);
        }
        catch (OperationCanceledException exception) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException(await ReportAsync(app), exception);
        }
    }

    private static async Task<string> ReportAsync(DistributedApplication app)
    {
        var logs = app.Services.GetRequiredService<ResourceLoggerService>();
        var report = new StringBuilder("The mesh did not become healthy.");
        foreach (var resource in app.Services.GetRequiredService<DistributedApplicationModel>().Resources)
        {
            if (!app.ResourceNotifications.TryGetCurrentState(resource.Name, out var state))
                continue;
            report.AppendLine().Append(CultureInfo.InvariantCulture, $"== {resource.Name}: {state.Snapshot.State?.Text}, {state.Snapshot.HealthStatus}");
            foreach (var health in state.Snapshot.HealthReports)
                report.Append(CultureInfo.InvariantCulture, $"; {health.Name} {health.Status} {health.Description}");

            var lines = new Queue<string>();
            await foreach (var batch in logs.GetAllAsync(resource))
            {
                foreach (var line in batch)
                {
                    lines.Enqueue(line.Content);
                    if (lines.Count > LinesOfLog)
                        lines.Dequeue();
                }
            }

            report.AppendLine().AppendJoin(Environment.NewLine, lines);
        }

        return report.ToString();
    }
}
