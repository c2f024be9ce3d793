using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Storage;
using Microsoft.Extensions.Options;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>Numbers of series, made up as metrics are first seen.</summary>
internal sealed class SeriesCatalog(ScopedDatabase database, IOptions<IngestOptions> options)
{
    /// <summary>Learns the series of these metrics, so that <see cref="KnownDevice.Series"/> has them; those beyond the limit stay out.</summary>
    public async Task LearnAsync(KnownDevice device, IReadOnlyCollection<string> metrics, CancellationToken cancellationToken)
    {
        await ReadAsync(device, cancellationToken);
        var room = options.Value.MetricsPerDevice - device.Series.Count;
        var unknown = metrics.Where(metric => !device.Series.ContainsKey(metric)).Take(Math.Max(room, 0)).ToArray();
        if (unknown.Length == 0)
            return;

        await database.QueryAsync(
            device.Organisation,
            """
            INSERT INTO series (organisation, device, metric)
            SELECT o.key, $2, wanted FROM organisations o, unnest($3) AS wanted WHERE o.id = $1
            ON CONFLICT (device, metric) DO NOTHING
            """,
            [device.Number, unknown],
            static _ => 0,
            cancellationToken);
        await ReadAsync(device, cancellationToken);
    }

    private async Task ReadAsync(KnownDevice device, CancellationToken cancellationToken)
    {
        var known = await database.QueryAsync(
            device.Organisation,
            "SELECT s.metric, s.id FROM series s JOIN organisations o ON o.key = s.organisation WHERE o.id = $1 AND s.device = $2",
            [device.Number],
            static row => (Metric: row.GetString(0), Id: row.GetInt32(1)),
            cancellationToken);
        foreach (var (metric, id) in known)
            device.Series[metric] = id;
    }
}
