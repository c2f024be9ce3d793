using AiMesh.IoTIngest.Storage;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Readings;

/// <summary>A stored reading and its place on the disk, which tells apart readings of one series that bear the same time.</summary>
internal readonly record struct StoredReading(string Metric, DateTime Time, double Value, bool Anomalous, int Series, NpgsqlTid Place);

/// <summary>Which readings: of one device, in a span of time, behind a position.</summary>
internal sealed record ReadingQuery(string Organisation, string Device, string Metric, DateTime Start, DateTime End, ReadingPosition? After, int Limit);

internal sealed class ReadingStore(ScopedDatabase database)
{
    /// <summary>Newest first, of several series: each series gives its newest by index, and the newest of these are the page.</summary>
    private const string Newest =
        """
        SELECT s.metric, r.time, r.value, coalesce(r.anomalous, false), s.id, r.ctid
        FROM organisations o
        JOIN devices d ON d.organisation = o.id AND d.id = $2
        JOIN series s ON s.organisation = o.key AND s.device = d.number AND ($3 = '' OR s.metric = $3)
        CROSS JOIN LATERAL (
            SELECT r.time, r.value, r.anomalous, r.ctid FROM readings r
            WHERE r.organisation = o.key AND r.series = s.id AND r.time >= $4 AND r.time < $5
              AND ($6::timestamptz IS NULL OR (r.time <= $6 AND (r.time < $6 OR s.id < $7 OR (s.id = $7 AND r.ctid < $8))))
            ORDER BY r.time DESC, r.ctid DESC LIMIT $9) r
        WHERE o.id = $1
        ORDER BY r.time DESC, s.id DESC, r.ctid DESC LIMIT $9
        """;

    public Task<List<StoredReading>> ListAsync(ReadingQuery query, CancellationToken cancellationToken) =>
        database.QueryAsync(
            query.Organisation,
            Newest,
            [
                query.Device,
                query.Metric,
                query.Start,
                query.End,
                new Npgsql.NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = (object?)query.After?.Time ?? DBNull.Value },
                query.After?.Series ?? 0,
                new Npgsql.NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Tid, Value = query.After?.Place ?? default },
                query.Limit,
            ],
            static row => new StoredReading(
                row.GetString(0), row.GetDateTime(1), row.GetDouble(2), row.GetBoolean(3), row.GetInt32(4), row.GetFieldValue<NpgsqlTid>(5)),
            cancellationToken);
}
