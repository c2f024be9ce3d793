using AiMesh.IoTIngest.Alerts;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Detection;

/// <summary>Writes what a batch found, within the batch's transaction.</summary>
internal static class AlertWriter
{
    private const string Apply =
        $"""
        SELECT organisation, {AlertRecord.Columns}
        FROM apply_alert_changes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    public static async Task<List<(string Organisation, AlertRecord Alert)>> WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<AlertChange> changes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Apply, connection);
        Add(command, changes, NpgsqlDbType.Uuid, static change => change.Id);
        Add(command, changes, NpgsqlDbType.Integer, static change => change.Series);
        Add(command, changes, NpgsqlDbType.Smallint, static change => change.Worst.IsCritical ? AlertRecord.Critical : AlertRecord.Warning);
        Add(command, changes, NpgsqlDbType.TimestampTz, static change => change.StartTime);
        Add(command, changes, NpgsqlDbType.TimestampTz, static change => change.LastTime);
        Add(command, changes, NpgsqlDbType.Bigint, static change => change.Count);
        Add(command, changes, NpgsqlDbType.Double, static change => change.Worst.Score);
        Add(command, changes, NpgsqlDbType.Double, static change => change.Value);
        Add(command, changes, NpgsqlDbType.Double, static change => change.Worst.ExpectedLow);
        Add(command, changes, NpgsqlDbType.Double, static change => change.Worst.ExpectedHigh);
        Add(command, changes, NpgsqlDbType.TimestampTz, static change => change.ClosedAt);

        var alerts = new List<(string Organisation, AlertRecord Alert)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            alerts.Add((reader.GetString(0), AlertRecord.Map(reader, firstColumn: 1)));
        return alerts;
    }

    private static void Add<T>(NpgsqlCommand command, IReadOnlyList<AlertChange> changes, NpgsqlDbType type, Func<AlertChange, T> value) =>
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = changes.Select(value).ToArray() });
}
