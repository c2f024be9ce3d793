using System.Collections.Immutable;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Batches;

/// <summary>Reads, creates, changes and deletes several items, all or none, by the same checks as one.</summary>
internal sealed class ItemBatches(DatasetCatalog catalog, ItemStore items, BatchStore store, ImportStore imports, BatchClock clock)
{
    public const int MaxSize = 1000;
    private const int Attempts = 4;
    private const string Requests = "requests";
    private static readonly ImportOrder Creation = new("batch_create", HasGivenIds: true, IsDryRun: false, IsAllOrNothing: true, static _ => Task.CompletedTask);

    public Task<Result<BatchGetItemsResponse>> GetAsync(Principal principal, BatchGetItemsRequest request, CancellationToken cancellationToken) =>
        catalog.UseAsync<BatchGetItemsResponse>(principal, request.Dataset, async view =>
        {
            if (view.Dataset.IsElsewhere) return StoreLacks.This;
            if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out var error)) return error;
            if (!BatchRequests.Ids("items", request.Items, "").TryGet(out var ids, out error)) return error;
            var (found, _) = await items.ReadAsync(new PageQuery(view, principal) { Ids = ids, Limit = ids.Length }, "batch_get", ids.Length, withVersion: false, cancellationToken);
            var byId = found.ToDictionary(item => item.Id);
            var response = new BatchGetItemsResponse();
            for (var i = 0; i < ids.Length; i++)
            {
                if (!byId.TryGetValue(ids[i], out var item)) return new NotFound("item", ids[i]).At("items", i);
                response.Items.Add(ItemReader.ToItem(item, view, mask));
            }

            return response;
        }, cancellationToken);

    public Task<Result<BatchCreateItemsResponse>> CreateAsync(Principal principal, BatchCreateItemsRequest request, CancellationToken cancellationToken) =>
        catalog.UseAsync<BatchCreateItemsResponse>(principal, request.Dataset, async view =>
        {
            if (view.Dataset.IsElsewhere) return StoreLacks.This;
            if (!BatchRequests.Creations(request, view, clock.Ids).TryGet(out var rows, out var error)) return error;
            for (var i = 0; i < rows.Count; i++)
            {
                if (view.HiddenRequired || !Matches(view, Action.Create, rows[i].Values, principal.Subject, principal)) return new RowDenied("create").At(Requests, i);
            }

            try
            {
                var wanted = rows.Select((row, i) => new ImportRow(i, row.Id, row.Json)).ToList();
                var taken = await imports.InsertAsync(principal, view, wanted, Creation, cancellationToken);
                if (taken is [var first, ..]) return new AlreadyExists("item", first.Id).At(Requests, first.Line);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return new RowDenied("create");
            }

            string[] ids = [.. rows.Select(row => row.Id)];
            var (seen, _) = await items.ReadAsync(new PageQuery(view, principal) { Ids = ids, Limit = ids.Length }, "batch_get", ids.Length, withVersion: false, cancellationToken);
            return new BatchCreateItemsResponse { Items = { Answers(view, ids, seen) } };
        }, cancellationToken);

    public Task<Result<BatchUpdateItemsResponse>> UpdateAsync(Principal principal, BatchUpdateItemsRequest request, CancellationToken cancellationToken) =>
        ChangeAsync<BatchUpdateItemsResponse>(principal, request.Dataset, () => BatchRequests.Targets(request), async (view, found) =>
        {
            var changes = new List<(EditedItem, byte[])>(found.Length);
            var violations = new List<FieldViolation>();
            for (var i = 0; i < found.Length; i++)
            {
                var (item, one) = (found[i], request.Requests[i]);
                var before = ItemValues.ReadStored(item.Fields, view.Dataset);
                if (!Matches(view, Action.Update, before, item.Owner, principal)) return new RowDenied("update").At(Requests, i);
                if (!ItemEditor.Change(view, one, before).TryGet(out var after, out var error) || !ItemDraft.Write(view, item.Id, after).TryGet(out var json, out error))
                {
                    violations.AddRange(error.At(Requests, i).Violations);
                    continue;
                }

                if (!Matches(view, Action.Update, after, item.Owner, principal) || !Matches(view, Action.Read, after, item.Owner, principal)) return new RowDenied("update").At(Requests, i);
                changes.Add((item, json));
            }

            if (violations.Count > 0) return new InvalidFields([.. violations.Take(BatchRequests.MaxViolations)]);
            var seen = await store.UpdateAsync(principal, view, changes, clock.Now, cancellationToken);
            return seen is null ? new ItemBusy() : new BatchUpdateItemsResponse { Items = { Answers(view, [.. found.Select(item => item.Id)], seen) } };
        }, "update", cancellationToken);

    public Task<Result<BatchDeleteItemsResponse>> DeleteAsync(Principal principal, BatchDeleteItemsRequest request, CancellationToken cancellationToken) =>
        ChangeAsync<BatchDeleteItemsResponse>(principal, request.Dataset, () => BatchRequests.Targets(request), async (view, found) =>
        {
            for (var i = 0; i < found.Length; i++)
            {
                if (!Matches(view, Action.Delete, ItemValues.ReadStored(found[i].Fields, view.Dataset), found[i].Owner, principal)) return new RowDenied("delete").At(Requests, i);
            }

            return await store.DeleteAsync(principal, view, found, cancellationToken) is null ? new ItemBusy() : new BatchDeleteItemsResponse();
        }, "delete", cancellationToken);

    // Reads, decides, and writes only if nobody wrote in between; otherwise all over again.
    private Task<Result<T>> ChangeAsync<T>(
        Principal principal, string dataset, Func<Result<ImmutableArray<BatchTarget>>> read, Func<DatasetView, EditedItem[], Task<Result<T>>> change, string action,
        CancellationToken cancellationToken) =>
        catalog.UseAsync<T>(principal, dataset, async view =>
        {
            if (view.Dataset.IsElsewhere) return StoreLacks.This;
            if (!read().TryGet(out var targets, out var error)) return error;
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var byId = (await store.FindAsync(principal, view, [.. targets.Select(target => target.Id)], cancellationToken)).ToDictionary(item => item.Id);
                var found = new EditedItem[targets.Length];
                for (var i = 0; i < targets.Length; i++)
                {
                    if (!byId.TryGetValue(targets[i].Id, out var item)) return new NotFound("item", targets[i].Id).At(Requests, i);
                    if (targets[i].Etag.Length > 0 && targets[i].Etag != ItemEtag.Of(view, item.Seen)) return new EtagMismatch("item", item.Id).At(Requests, i);
                    found[i] = item;
                }

                try
                {
                    var result = await change(view, found);
                    if (result.IsOk || result.Error is not ItemBusy) return result;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected)
                {
                    // Two batches over the same items in different orders: one of them begins anew.
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                {
                    return new RowDenied(action);
                }
            }

            return new ItemBusy();
        }, cancellationToken);

    private static IEnumerable<Item> Answers(DatasetView view, string[] ids, List<StoredItem> seen)
    {
        var byId = seen.ToDictionary(item => item.Id);
        return ids.Select(id => ItemEditor.Answer(view, id, byId.TryGetValue(id, out var item) ? item : null));
    }

    private static bool Matches(DatasetView view, Action action, IReadOnlyDictionary<string, object> values, string owner, Principal principal) =>
        PolicyEvaluator.Matches(view.Condition(action), new PolicyRow(values, owner), principal.Caller());
}

/// <summary>What new items and changes are given.</summary>
internal sealed class BatchClock(ItemIds ids, TimeProvider time)
{
    public ItemIds Ids => ids;

    public DateTime Now => time.GetUtcNow().UtcDateTime;
}
