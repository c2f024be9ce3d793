using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Npgsql;

/// <summary>Healthy when the database answers a trivial query on a pooled connection.</summary>
internal sealed class NpgsqlHealthCheck(IServiceProvider services, string? serviceKey) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Resolved in here, so that a missing connection string is a failed check and not a failed health endpoint.
            var dataSource = services.GetRequiredKeyedService<NpgsqlDataSource>(serviceKey);
            await using var command = dataSource.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, exception.Message, exception);
        }
    }
}
