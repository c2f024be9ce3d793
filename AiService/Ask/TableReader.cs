using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Classification = AiMesh.Data.V1.Field.Types.Classification;

namespace AiMesh.AiService.Ask;

/// <summary>Fetches what is asked about with the caller's own token, so that no row or field arrives that they may not see.</summary>
internal sealed class TableReader(Items.ItemsClient items, Devices.DevicesClient devices, Readings.ReadingsClient readings)
{
    private const int MaxRows = 20_000;
    private const int MaxReadings = 2_000;

    public async Task<SourceTable> ReadDatasetAsync(string dataset, string filter, CancellationToken cancellationToken)
    {
        using var call = items.QueryItems(new QueryItemsRequest { Dataset = dataset, Filter = filter, Limit = MaxRows }, cancellationToken: cancellationToken);
        Dataset? definition = null;
        var rows = new List<SourceRow>();
        var truncated = false;
        await foreach (var batch in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            definition ??= batch.Dataset;
            rows.AddRange(batch.Items.Select(item => new SourceRow(item.Name, item.Fields)));
            truncated |= batch.Truncated;
        }

        var fields = definition?.Fields.Select(field =>
            new SourceField(field.Name, field.Type.ToString().ToLowerInvariant(), field.Description, field.Classification)).ToList();
        return new SourceTable(dataset, definition?.DisplayName ?? dataset, fields ?? [], rows, truncated);
    }

    /// <summary>The latest readings as rows of one point in time each, with a column for each metric.</summary>
    public async Task<SourceTable> ReadDeviceAsync(string device, CancellationToken cancellationToken)
    {
        var registered = await devices.GetDeviceAsync(new GetDeviceRequest { Device = device }, cancellationToken: cancellationToken);
        var page = await readings.ListReadingsAsync(new ListReadingsRequest { Device = device, PageSize = MaxReadings }, cancellationToken: cancellationToken);

        var rows = page.Readings.GroupBy(reading => reading.Time).OrderBy(group => group.Key.ToDateTime()).Select(group =>
        {
            var fields = new Struct { Fields = { ["time"] = Value.ForString(group.Key.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)) } };
            foreach (var reading in group)
                fields.Fields[reading.Metric] = Value.ForNumber(reading.Value);
            return new SourceRow($"devices/{device}", fields);
        }).ToList();
        var metrics = page.Readings.Select(reading => reading.Metric).Distinct().Order(StringComparer.Ordinal);
        List<SourceField> columns =
        [
            new("time", "timestamp", "when it was measured", Classification.Internal),
            .. metrics.Select(metric => new SourceField(metric, "number", $"reading of {metric}", Classification.Internal)),
        ];
        var name = registered.DisplayName.Length > 0 ? registered.DisplayName : device;
        return new SourceTable(device, $"readings of {name}", columns, rows, page.NextPageToken.Length > 0);
    }
}
