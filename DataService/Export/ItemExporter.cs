using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using AiMesh.Data.V1;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Format = AiMesh.Data.V1.ExportItemsRequest.Types.Format;

namespace AiMesh.DataService.Export;

/// <summary>Streams everything that the caller sees and the filter asks for as a file: one statement, one snapshot, a chunk of memory.</summary>
internal sealed partial class ItemExporter(DatasetCatalog catalog, ItemStore store, AccessLog accessLog)
{
    private const int ChunkSize = 64 * 1024;

    /// <param name="principal">Who asks.</param>
    /// <param name="request">What for.</param>
    /// <param name="write">Takes the next bytes, which are good until it returns; first called when nothing can be wrong with the request any more.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public Task<Result<Empty>> ExportAsync(Principal principal, ExportItemsRequest request, Func<ReadOnlyMemory<byte>, Task> write, CancellationToken cancellationToken) =>
        catalog.UseAsync<Empty>(principal, request.Dataset, async view =>
        {
            if (!System.Enum.IsDefined(request.Format)) return new InvalidField("format", "expected CSV, or none for JSON Lines");
            if (!ItemFilter.Parse(request.Filter, view).TryGet(out var filter, out var error)) return error;
            if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out error)) return error;
            var columns = Columns(view, mask);
            if (request.IdField.Length > 0 && (!ColumnName().IsMatch(request.IdField) || columns.Any(c => c.Field.Name == request.IdField)))
                return new InvalidField("id_field", "expected 1 to 63 characters of a-z, 0-9 and '_', beginning with a letter, and not the name of an exported field");

            var buffer = new ArrayBufferWriter<byte>(ChunkSize * 2);
            ExportFormat format = request.Format == Format.Csv
                ? new CsvExport(columns, request.IdField, request.EscapeFormulas, buffer)
                : new JsonLinesExport(columns, request.IdField, buffer);
            format.Begin();
            var access = new StreamedAccess(accessLog, AccessEntry.Of(principal, view, "export", Action.Read));
            var (taken, sent) = (0L, 0L);
            try
            {
                await store.StreamAsync(new PageQuery(view, principal) { Filter = filter, Limit = int.MaxValue }, TakeAsync, cancellationToken);
                await SendAsync(isLast: true);
            }
            finally
            {
                await access.EndAsync(sent);
            }

            return new Empty();

            async Task TakeAsync(StoredItem item)
            {
                format.Write(item);
                taken++;
                if (buffer.WrittenCount >= ChunkSize) await SendAsync(isLast: false);
            }

            async Task SendAsync(bool isLast)
            {
                await access.BeforeMessageAsync(taken, isLast, cancellationToken);
                sent = taken;
                if (buffer.WrittenCount > 0) await write(buffer.WrittenMemory);
                buffer.ResetWrittenCount();
            }
        }, cancellationToken);

    private static ImmutableArray<ExportColumn> Columns(DatasetView view, FrozenSet<string>? mask)
    {
        var places = view.Definition.Fields.Select(field => field.Name).Where(name => mask?.Contains(name) != false).Select((name, place) => (name, place)).ToDictionary(p => p.name, p => p.place);
        return [.. view.Shown.Where(field => places.ContainsKey(field.Name)).Select(field => new ExportColumn(field, places[field.Name]))];
    }

    // As fields are spelt.
    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex ColumnName();
}
