using AiMesh.IoTIngest.Storage;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Alerts;

/// <summary>Which alerts: of a device ("": all), in a state (null: all), behind a position.</summary>
internal sealed record AlertQuery(string Organisation, string Device, Iot.V1.Alert.Types.State State, AlertPosition? After, int Limit);

internal sealed class AlertStore(ScopedDatabase database)
{
    private const string Newest =
        $"""
        SELECT {AlertRecord.Columns} FROM alerts
        WHERE organisation = $1 AND ($2 = '' OR device = $2)
          AND CASE $3 WHEN 1 THEN closed_at IS NULL AND acknowledged_at IS NULL
                      WHEN 2 THEN closed_at IS NULL AND acknowledged_at IS NOT NULL
                      WHEN 3 THEN closed_at IS NOT NULL
                      ELSE true END
          AND ($4::timestamptz IS NULL OR (start_time, id) < ($4, $5))
        ORDER BY start_time DESC, id DESC LIMIT $6
        """;

    // The first acknowledgement counts.
    private const string Acknowledge =
        $"""
        UPDATE alerts SET acknowledged_by = coalesce(acknowledged_by, $3), acknowledged_at = coalesce(acknowledged_at, $4)
        WHERE organisation = $1 AND id = $2
        RETURNING {AlertRecord.Columns}
        """;

    public Task<List<AlertRecord>> ListAsync(AlertQuery query, CancellationToken cancellationToken) =>
        database.QueryAsync(
            query.Organisation,
            Newest,
            [
                query.Device,
                (int)query.State,
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = (object?)query.After?.StartTime ?? DBNull.Value },
                query.After?.Id ?? Guid.Empty,
                query.Limit,
            ],
            AlertRecord.Map,
            cancellationToken);

    /// <summary>Null when there is no such alert.</summary>
    public Task<AlertRecord?> AcknowledgeAsync(string organisation, Guid id, string by, DateTime at, CancellationToken cancellationToken) =>
        database.QuerySingleAsync(organisation, Acknowledge, [id, by, at], AlertRecord.Map, cancellationToken);
}
