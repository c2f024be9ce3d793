using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>The daily partitions of the table of readings, UTC. Made ahead by <see cref="Housekeeping"/>, and on demand for what comes late.</summary>
internal sealed class PartitionCatalog(NpgsqlDataSource dataSource)
{
    private readonly ConcurrentDictionary<DateOnly, byte> _known = new();

    public static string TableOf(DateOnly day) => $"readings_{day.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}";

    public async ValueTask EnsureAsync(DateOnly day, CancellationToken cancellationToken)
    {
        if (_known.ContainsKey(day))
            return;

        // Outside the transaction of the batch: other writers of that day must not wait for its commit.
        await using var command = dataSource.CreateCommand("SELECT ensure_readings_partition($1)");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = day });
        await command.ExecuteNonQueryAsync(cancellationToken);
        _known[day] = 0;
    }

    /// <summary>A partition turned out to be gone.</summary>
    public void Forget() => _known.Clear();
}
