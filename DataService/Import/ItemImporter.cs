using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Import;

/// <summary>Adds many items: all of them or, unless invalid ones are to be skipped, none.</summary>
internal sealed class ItemImporter(DatasetCatalog catalog, ImportStore store, ItemIds ids)
{
    private const int MaxReported = 100;

    public Task<Result<ImportItemsResponse>> ImportAsync(Principal principal, ImportItemsRequest request, CancellationToken cancellationToken) =>
        ImportAsync(principal, request, static (_, _) => Task.CompletedTask, cancellationToken);

    /// <param name="principal">Who imports.</param>
    /// <param name="request">What.</param>
    /// <param name="report">Is told how many items are to be stored, and how many of them went to the database so far.</param>
    /// <param name="cancellationToken">The caller has gone; then nothing is stored.</param>
    public Task<Result<ImportItemsResponse>> ImportAsync(Principal principal, ImportItemsRequest request, Func<int, int, Task> report, CancellationToken cancellationToken) =>
        catalog.UseAsync<ImportItemsResponse>(principal, request.Dataset, async view =>
        {
            if (view.HiddenRequired) return new RowDenied("create");
            Result<List<SourceItem>> source = request.SourceCase switch
            {
                ImportItemsRequest.SourceOneofCase.Csv => new CsvSource(view, request.IdField).Read(request.Csv),
                ImportItemsRequest.SourceOneofCase.Json => new JsonSource(view, request.IdField).Read(request.Json),
                _ => new InvalidField("source", "expected csv or json"),
            };
            if (!source.TryGet(out var items, out var error)) return error;

            var rejections = new Rejections();
            var rows = Check(items, request.IdField, view, principal, rejections);
            if (rejections.Count > 0 && !request.SkipInvalid) return rejections.ToError();
            var stored = rows.Count;
            var order = new ImportOrder("import", HasGivenIds: request.IdField.Length > 0, IsDryRun: request.ValidateOnly, IsAllOrNothing: !request.SkipInvalid, done => report(rows.Count, done));
            try
            {
                var taken = await store.InsertAsync(principal, view, rows, order, cancellationToken);
                foreach (var row in taken) rejections.Add(row.Line, request.IdField, $"an item '{row.Id}' exists already");
                stored -= taken.Count;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return new RowDenied("create");
            }

            return rejections.Count > 0 && !request.SkipInvalid ? rejections.ToError() : rejections.ToResponse(stored);
        }, cancellationToken);

    private List<ImportRow> Check(List<SourceItem> items, string idField, DatasetView view, Principal principal, Rejections rejections)
    {
        var rows = new List<ImportRow>(items.Count);
        var known = new HashSet<string>(StringComparer.Ordinal);
        var caller = principal.Caller();
        foreach (var item in items)
        {
            var before = rejections.Count;
            foreach (var (field, reason) in item.Faults) rejections.Add(item.Line, field, reason);
            if (item.Faults.Count == 0)
            {
                foreach (var name in ItemDraft.Missing(view, item.Values)) rejections.Add(item.Line, name, ItemDraft.Required);
                if (idField.Length > 0 && !ItemIds.IsValid(item.Id ?? "")) rejections.Add(item.Line, idField, ItemIds.Expected);
                else if (idField.Length > 0 && !known.Add(item.Id!)) rejections.Add(item.Line, idField, $"the id '{item.Id}' stands twice in the source");
            }

            if (rejections.Count > before) continue;
            var id = idField.Length > 0 ? item.Id! : ids.Next();
            if (!PolicyEvaluator.Matches(view.Condition(Action.Create), new PolicyRow(item.Values, principal.Subject), caller))
            {
                rejections.Add(item.Line, "", new RowDenied("create").Message);
            }
            else if (!ItemDraft.Write(view, id, item.Values).TryGet(out var json, out var error))
            {
                rejections.Add(item.Line, "", error.Violations[0].Description);
            }
            else
            {
                rows.Add(new ImportRow(item.Line, id, json));
            }
        }

        return rows;
    }

    /// <summary>What was refused: every item is counted, the first faults are kept.</summary>
    private sealed class Rejections
    {
        private readonly List<ImportItemsResponse.Types.Rejection> _first = [];
        private int _lastLine;
        private int _items;

        public int Count { get; private set; }

        public void Add(int line, string field, string reason)
        {
            Count++;
            if (line != _lastLine) _items++;
            _lastLine = line;
            if (_first.Count < MaxReported) _first.Add(new ImportItemsResponse.Types.Rejection { Line = line, Field = field, Reason = reason });
        }

        public InvalidFields ToError() => new([.. _first.Select(r => new FieldViolation(
            r.Field.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"line {r.Line}") : string.Create(CultureInfo.InvariantCulture, $"line {r.Line}, {r.Field}"), r.Reason))]);

        public ImportItemsResponse ToResponse(int stored) => new() { ImportedCount = stored, RejectedCount = _items, Rejected = { _first.OrderBy(r => r.Line) } };
    }
}
