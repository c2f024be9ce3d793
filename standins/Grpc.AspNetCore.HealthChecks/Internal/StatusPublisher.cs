using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>Is handed the results of all checks at intervals and turns them into the status of services.</summary>
internal sealed class StatusPublisher(StatusBoard board, IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var entries = report.Entries
                .Where(entry => mapping.HealthCheckPredicate?.Invoke(new HealthCheckMapContext(entry.Key, entry.Value.Tags)) ?? true)
                .Select(entry => entry.Value);
            board.Publish(mapping.Name, ServiceStatus.Of(entries));
        }

        return Task.CompletedTask;
    }
}
