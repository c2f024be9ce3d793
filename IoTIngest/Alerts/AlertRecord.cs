using System.Globalization;
using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace AiMesh.IoTIngest.Alerts;

/// <summary>A row of the table of alerts.</summary>
internal sealed record AlertRecord
{
    public const short Warning = 1;
    public const short Critical = 2;

    public const string Columns =
        "id, device, metric, severity, start_time, last_time, count, value, expected_low, expected_high, acknowledged_by, acknowledged_at, closed_at";

    public required Guid Id { get; init; }

    public required string Device { get; init; }

    public required string Metric { get; init; }

    public required short Severity { get; init; }

    public required DateTime StartTime { get; init; }

    public required DateTime LastTime { get; init; }

    public required long Count { get; init; }

    public required double Value { get; init; }

    public required double ExpectedLow { get; init; }

    public required double ExpectedHigh { get; init; }

    public string? AcknowledgedBy { get; init; }

    public DateTime? AcknowledgedAt { get; init; }

    public DateTime? ClosedAt { get; init; }

    public static AlertRecord Map(NpgsqlDataReader row) => Map(row, firstColumn: 0);

    public static AlertRecord Map(NpgsqlDataReader row, int firstColumn) => new()
    {
        Id = row.GetGuid(firstColumn),
        Device = row.GetString(firstColumn + 1),
        Metric = row.GetString(firstColumn + 2),
        Severity = row.GetInt16(firstColumn + 3),
        StartTime = row.GetDateTime(firstColumn + 4),
        LastTime = row.GetDateTime(firstColumn + 5),
        Count = row.GetInt64(firstColumn + 6),
        Value = row.GetDouble(firstColumn + 7),
        ExpectedLow = row.GetDouble(firstColumn + 8),
        ExpectedHigh = row.GetDouble(firstColumn + 9),
        AcknowledgedBy = row.IsDBNull(firstColumn + 10) ? null : row.GetString(firstColumn + 10),
        AcknowledgedAt = row.IsDBNull(firstColumn + 11) ? null : row.GetDateTime(firstColumn + 11),
        ClosedAt = row.IsDBNull(firstColumn + 12) ? null : row.GetDateTime(firstColumn + 12),
    };

    public Alert ToProto() => new()
    {
        Name = $"alerts/{Id}",
        Device = Device,
        Metric = Metric,
        Severity = Severity == Critical ? Alert.Types.Severity.Critical : Alert.Types.Severity.Warning,
        Message = string.Create(CultureInfo.InvariantCulture, $"{Metric} of {Device} was {Value:G5}; expected {ExpectedLow:G5} to {ExpectedHigh:G5}."),
        StartTime = Timestamp.FromDateTime(StartTime),
        LastTime = Timestamp.FromDateTime(LastTime),
        Count = Count,
        Value = Value,
        ExpectedLow = ExpectedLow,
        ExpectedHigh = ExpectedHigh,
        State = this switch
        {
            { ClosedAt: not null } => Alert.Types.State.Closed,
            { AcknowledgedAt: not null } => Alert.Types.State.Acknowledged,
            _ => Alert.Types.State.Open,
        },
        AcknowledgedBy = AcknowledgedBy ?? "",
        AcknowledgeTime = AcknowledgedAt is { } at ? Timestamp.FromDateTime(at) : null,
    };
}
