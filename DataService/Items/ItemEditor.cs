using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Items;

/// <summary>Creates, updates and deletes single items.</summary>
internal sealed class ItemEditor(DatasetCatalog catalog, ItemWriteStore store, ItemIds ids, TimeProvider clock)
{
    private const int Attempts = 4;

    public Task<Result<Item>> CreateAsync(Principal principal, CreateItemRequest request, CancellationToken cancellationToken) =>
        catalog.UseAsync<Item>(principal, request.Dataset, async view =>
        {
            if (request.ItemId.Length > 0 && !ItemIds.IsValid(request.ItemId)) return new InvalidField("item_id", ItemIds.Expected);
            Guid? requestId = null;
            if (request.RequestId.Length > 0)
            {
                if (!Guid.TryParseExact(request.RequestId, "D", out var parsed)) return new InvalidField("request_id", "expected a UUID");
                requestId = parsed;
            }

            if (!ItemDraft.Create(view, request.Item?.Fields).TryGet(out var values, out var error)) return error;
            var id = request.ItemId.Length > 0 ? request.ItemId : ids.Next();
            if (!ItemDraft.Write(view, id, values).TryGet(out var json, out error)) return error;
            if (view.HiddenRequired || !Matches(view, Action.Create, values, principal.Subject, principal)) return new RowDenied("create");
            try
            {
                var (created, seen) = await store.CreateAsync(principal, view, id, json, requestId, clock.GetUtcNow().UtcDateTime, cancellationToken);
                if (created) return Answer(view, id, seen);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                return new AlreadyExists("item", id);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return new RowDenied("create");
            }

            var first = await store.FindCreatedAsync(principal, view, requestId!.Value, cancellationToken);
            var item = first is null ? null : await store.FindAsync(principal, view, first, cancellationToken);
            return item is null
                ? new NotFound("item", first ?? id)
                : ItemReader.ToItem(item.Seen, view, mask: null);
        }, cancellationToken);

    public Task<Result<Item>> UpdateAsync(Principal principal, UpdateItemRequest request, CancellationToken cancellationToken) =>
        ChangeAsync<Item>(principal, request.Dataset, request.ItemId, request.Item?.Etag ?? "", async (view, item, before) =>
        {
            if (!Matches(view, Action.Update, before, item.Owner, principal)) return new RowDenied("update");
            if (!Change(view, request, before).TryGet(out var after, out var error)) return error;
            if (!ItemDraft.Write(view, item.Id, after).TryGet(out var json, out error)) return error;
            if (!Matches(view, Action.Update, after, item.Owner, principal) || !Matches(view, Action.Read, after, item.Owner, principal)) return new RowDenied("update");
            var (changed, seen) = await store.UpdateAsync(principal, view, item, json, clock.GetUtcNow().UtcDateTime, cancellationToken);
            return changed ? Answer(view, item.Id, seen) : new ItemBusy();
        }, "update", cancellationToken);

    public Task<Result<Empty>> DeleteAsync(Principal principal, DeleteItemRequest request, CancellationToken cancellationToken) =>
        ChangeAsync<Empty>(principal, request.Dataset, request.Item, request.Etag, async (view, item, before) =>
        {
            if (!Matches(view, Action.Delete, before, item.Owner, principal)) return new RowDenied("delete");
            return await store.DeleteAsync(principal, view, item, cancellationToken) ? new Empty() : new ItemBusy();
        }, "delete", cancellationToken);

    // Reads, decides, and writes only if nobody wrote in between; otherwise all over again.
    private Task<Result<T>> ChangeAsync<T>(
        Principal principal, string dataset, string id, string etag, Func<DatasetView, EditedItem, Dictionary<string, object>, Task<Result<T>>> change,
        string action, CancellationToken cancellationToken) =>
        catalog.UseAsync<T>(principal, dataset, async view =>
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var item = ItemIds.IsValid(id) ? await store.FindAsync(principal, view, id, cancellationToken) : null;
                if (item is null) return new NotFound("item", id);
                if (etag.Length > 0 && etag != ItemEtag.Of(view, item.Seen)) return new EtagMismatch("item", id);
                try
                {
                    var result = await change(view, item, ItemValues.ReadStored(item.Fields, view.Dataset));
                    if (result.IsOk || result.Error is not ItemBusy) return result;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                {
                    return new RowDenied(action);
                }
            }

            return new ItemBusy();
        }, cancellationToken);

    /// <summary>The values of an item after the change that a request asks for.</summary>
    public static Result<Dictionary<string, object>> Change(DatasetView view, UpdateItemRequest request, Dictionary<string, object> before)
    {
        var fields = request.Item?.Fields ?? new Struct();
        IEnumerable<string> names = fields.Fields.Keys;
        if (request.UpdateMask is { Paths.Count: > 0 } mask)
        {
            if (!FieldNames.Resolve("update_mask", mask, view).TryGet(out var named, out var unknown)) return unknown;
            names = named;
        }

        return ItemDraft.Change(view, before, fields, names);
    }

    private static bool Matches(DatasetView view, Action action, IReadOnlyDictionary<string, object> values, string owner, Principal principal) =>
        PolicyEvaluator.Matches(view.Condition(action), new PolicyRow(values, owner), principal.Caller());

    // Who may create or change an item but not read it learns its name only.
    public static Item Answer(DatasetView view, string id, StoredItem? seen) => seen is { } item
        ? ItemReader.ToItem(item, view, mask: null)
        : new Item { Name = $"datasets/{view.Dataset.Definition.Id}/items/{id}" };
}
