using AiMesh.ServiceDefaults.Hosting;
using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>Makes the partitions of the coming days and deletes what has expired. Every replica does; none gets in another's way.</summary>
internal sealed class Housekeeping(NpgsqlDataSource dataSource, PartitionCatalog partitions, TimeProvider time, ILogger<Housekeeping> logger)
    : RecurringWork("Housekeeping", Interval, time, logger)
{
    private const int DaysAhead = 3;
    private const int AtMost = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    protected override bool StartsAtOnce => true;

    protected override Task WorkAsync(CancellationToken cancellationToken) => RunOnceAsync(cancellationToken);

    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);
        for (var day = 0; day <= DaysAhead; day++)
            await partitions.EnsureAsync(today.AddDays(day), cancellationToken);

        long deleted;
        do
        {
            await using var command = dataSource.CreateCommand("SELECT purge_expired($1)");
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = AtMost });
            deleted = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        while (deleted >= AtMost);
    }
}
