using System.Collections.Immutable;
using System.Globalization;
using AiMesh.Iot.V1;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Ask.Sources;

/// <summary>Reads the latest readings and alerts of devices from IoTIngest with the caller's own token.</summary>
internal sealed class DeviceSource(Readings.ReadingsClient readings, Alerts.AlertsClient alerts, IOptions<AskOptions> options)
{
    private static readonly ImmutableArray<SourceField> ReadingFields =
    [
        new("device", "string", "", Sensitivity.Open), new("time", "timestamp", "When it was measured", Sensitivity.Open),
        new("metric", "string", "What was measured", Sensitivity.Open), new("value", "number", "", Sensitivity.Open),
        new("anomalous", "boolean", "Found unusual by the detector", Sensitivity.Open),
    ];

    private static readonly ImmutableArray<SourceField> AlertFields =
    [
        new("device", "string", "", Sensitivity.Open), new("metric", "string", "", Sensitivity.Open),
        new("severity", "string", "", Sensitivity.Open), new("state", "string", "", Sensitivity.Open), new("message", "string", "", Sensitivity.Open),
        new("start_time", "timestamp", "", Sensitivity.Open), new("value", "number", "The most unusual value", Sensitivity.Open),
        new("readings", "integer", "Anomalous readings so far", Sensitivity.Open),
    ];

    /// <summary>One table of readings and one of alerts, over all of the devices.</summary>
    public async Task<Result<ImmutableArray<SourceTable>>> ReadAsync(IReadOnlyList<string> devices, CancellationToken cancellationToken)
    {
        var readingRows = ImmutableArray.CreateBuilder<SourceRow>();
        var alertRows = ImmutableArray.CreateBuilder<SourceRow>();
        var truncated = false;
        foreach (var device in devices)
        {
            try
            {
                var latest = await readings.ListReadingsAsync(
                    new ListReadingsRequest { Device = device, PageSize = options.Value.MaxReadings }, cancellationToken: cancellationToken);
                truncated |= latest.NextPageToken.Length > 0;
                readingRows.AddRange(latest.Readings.Select(r => RowOf(device, r)));
                var raised = await alerts.ListAlertsAsync(
                    new ListAlertsRequest { Device = device, PageSize = options.Value.MaxAlerts }, cancellationToken: cancellationToken);
                alertRows.AddRange(raised.Alerts.Select(a => RowOf(device, a)));
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.NotFound or StatusCode.PermissionDenied or StatusCode.InvalidArgument)
            {
                return new NotFound("device", device);
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable)
            {
                return new Unavailable("the device service");
            }
        }

        var names = string.Join(", ", devices);
        return ImmutableArray.Create(
            new SourceTable { Id = "readings", DisplayName = $"Readings of {names}", Fields = ReadingFields, Rows = readingRows.ToImmutable(), IsTruncated = truncated },
            new SourceTable { Id = "alerts", DisplayName = $"Alerts of {names}", Fields = AlertFields, Rows = alertRows.ToImmutable() });
    }

    private static SourceRow RowOf(string device, Reading reading) => Row(
        device,
        ("device", Value.ForString(device)),
        ("time", Value.ForString(Text(reading.Time))),
        ("metric", Value.ForString(reading.Metric)),
        ("value", Value.ForNumber(reading.Value)),
        ("anomalous", Value.ForBool(reading.Anomalous)));

    private static SourceRow RowOf(string device, Alert alert) => Row(
        device,
        ("device", Value.ForString(device)),
        ("metric", Value.ForString(alert.Metric)),
        ("severity", Value.ForString(alert.Severity.ToString().ToLowerInvariant())),
        ("state", Value.ForString(alert.State.ToString().ToLowerInvariant())),
        ("message", Value.ForString(alert.Message)),
        ("start_time", Value.ForString(Text(alert.StartTime))),
        ("value", Value.ForNumber(alert.Value)),
        ("readings", Value.ForNumber(alert.Count)));

    private static SourceRow Row(string device, params ReadOnlySpan<(string Name, Value Value)> values)
    {
        var fields = new Struct();
        foreach (var (name, value) in values)
            fields.Fields.Add(name, value);
        return new SourceRow($"devices/{device}", fields, device);
    }

    private static string Text(Timestamp? time) =>
        (time ?? new Timestamp()).ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
