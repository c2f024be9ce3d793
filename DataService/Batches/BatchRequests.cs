using System.Collections.Immutable;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Batches;

/// <summary>An item of a batch and the etag that it must have, or empty.</summary>
internal sealed record BatchTarget(string Id, string Etag);

/// <summary>A new item of a batch.</summary>
internal sealed record BatchCreation(string Id, Dictionary<string, object> Values, byte[] Json);

/// <summary>Checks what stands in the requests of a batch, all of them, before anything is read or written.</summary>
internal static class BatchRequests
{
    public const int MaxViolations = 100;
    private const string Requests = "requests";

    public static Result<ImmutableArray<BatchTarget>> Targets(BatchUpdateItemsRequest batch) =>
        Targets([.. batch.Requests.Select(one => (one.Dataset, new BatchTarget(one.ItemId, one.Item?.Etag ?? "")))], batch.Dataset, ".item_id");

    public static Result<ImmutableArray<BatchTarget>> Targets(BatchDeleteItemsRequest batch) =>
        Targets([.. batch.Requests.Select(one => (one.Dataset, new BatchTarget(one.Item, one.Etag)))], batch.Dataset, ".item");

    public static Result<string[]> Ids(string list, IReadOnlyList<string> ids, string field)
    {
        if (ids.Count is 0 or > ItemBatches.MaxSize) return new InvalidField(list, $"expected 1 to {ItemBatches.MaxSize}");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ids.Count; i++)
        {
            if (!ItemIds.IsValid(ids[i])) return new NotFound("item", ids[i]).At(list, i);
            if (!seen.Add(ids[i])) return Violations([new FieldViolation(Place(list, i) + field, "expected each item once")]);
        }

        return ids.ToArray();
    }

    public static Result<List<BatchCreation>> Creations(BatchCreateItemsRequest batch, DatasetView view, ItemIds ids)
    {
        if (batch.Requests.Count is 0 or > ItemBatches.MaxSize) return new InvalidField(Requests, $"expected 1 to {ItemBatches.MaxSize}");
        var (rows, violations, known) = (new List<BatchCreation>(batch.Requests.Count), new List<FieldViolation>(), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < batch.Requests.Count && violations.Count < MaxViolations; i++)
        {
            var one = batch.Requests[i];
            if (one.Dataset.Length > 0 && one.Dataset != batch.Dataset) Add("dataset", "expected the dataset of the batch, or nothing");
            if (one.RequestId.Length > 0) Add("request_id", "a batch takes none");
            if (one.ItemId.Length > 0 && !ItemIds.IsValid(one.ItemId)) Add("item_id", ItemIds.Expected);
            else if (one.ItemId.Length > 0 && !known.Add(one.ItemId)) Add("item_id", "expected each id once");
            var id = one.ItemId.Length > 0 ? one.ItemId : ids.Next();
            if (ItemDraft.Create(view, one.Item?.Fields).TryGet(out var values, out var error) && ItemDraft.Write(view, id, values).TryGet(out var json, out error))
                rows.Add(new BatchCreation(id, values, json));
            else
                violations.AddRange(error.At(Requests, i).Violations);

            void Add(string field, string description) => violations.Add(new FieldViolation($"{Place(Requests, i)}.{field}", description));
        }

        return violations.Count == 0 ? rows : Violations([.. violations.Take(MaxViolations)]);
    }

    private static Result<ImmutableArray<BatchTarget>> Targets((string Dataset, BatchTarget Target)[] requests, string dataset, string field)
    {
        for (var i = 0; i < requests.Length; i++)
        {
            if (requests[i].Dataset.Length > 0 && requests[i].Dataset != dataset)
                return Violations([new FieldViolation($"{Place(Requests, i)}.dataset", "expected the dataset of the batch, or nothing")]);
        }

        return Ids(Requests, [.. requests.Select(one => one.Target.Id)], field).Then(_ => (Result<ImmutableArray<BatchTarget>>)requests.Select(one => one.Target).ToImmutableArray());
    }

    private static InvalidFields Violations(ImmutableArray<FieldViolation> violations) => new(violations);

    private static string Place(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}[{index}]");
}
