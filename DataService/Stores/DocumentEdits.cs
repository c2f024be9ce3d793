using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores.Journal;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Stores;

/// <summary>Changes items that are in another store than the database: what <see cref="ItemWriteStore"/> and <see cref="ImportStore"/> do in SQL.</summary>
internal sealed class DocumentEdits(StoreRegistry stores, DocumentScope scope)
{
    private const int ImportChunk = 500;
    private const int Parallel = 16;

    /// <summary>The item, where the caller may read it.</summary>
    public async Task<EditedItem?> FindAsync(Principal principal, DatasetView view, string id, CancellationToken cancellationToken)
    {
        await scope.CheckAsync(principal, view.Dataset, cancellationToken);
        var found = await stores.Of(view.Dataset).FindAsync(view.Dataset.Documents, id, cancellationToken);
        return found is not null && May(principal, view, Action.Read, found)
            ? new EditedItem(id, ItemValues.Write(found.Fields), found.Owner, found.Version, DocumentItems.See(view, principal.Caller(), found)) { Tag = found.Tag }
            : null;
    }

    /// <summary>False where an item was already created by this request; then its id is <see cref="DocumentScope.FindClaimedAsync"/>'s.</summary>
    public async Task<(bool Created, StoredItem? Seen)> CreateAsync(
        Principal principal, DatasetView view, string id, byte[] fields, Guid? requestId, DateTime now, CancellationToken cancellationToken)
    {
        var store = stores.Of(view.Dataset);
        Fit(store, fields);
        var (name, isNew) = requestId is { } request ? await scope.ClaimAsync(principal, view.Dataset, request, id, now, cancellationToken) : (id, true);
        var document = New(view, name, fields, principal.Subject, now);
        Demand(principal, view, Action.Create, document);
        var created = await WriteAsync(principal, view, "create", Action.Create, new JournalNote(null, document), cancellationToken);
        if (created && isNew) return (true, May(principal, view, Action.Read, document) ? DocumentItems.See(view, principal.Caller(), document) : null);

        // An earlier try of the request stored it, or this one did in its place.
        return isNew ? throw new MeshException(new AlreadyExists("item", id)) : (false, null);
    }

    /// <summary>False where the item is no longer as it was found.</summary>
    public async Task<(bool Changed, StoredItem? Seen)> UpdateAsync(
        Principal principal, DatasetView view, EditedItem item, byte[] fields, DateTime now, CancellationToken cancellationToken)
    {
        Fit(stores.Of(view.Dataset), fields);
        var before = new Document(item.Id, ItemValues.ReadStored(item.Fields, view.Dataset), item.Owner, item.Version, item.Seen.CreateTime, item.Seen.UpdateTime) { Tag = item.Tag };
        var after = before with { Fields = ItemValues.ReadStored(fields, view.Dataset), Version = item.Version + 1, UpdateTime = DocumentTime.Cut(now) };
        Demand(principal, view, Action.Update, before);
        Demand(principal, view, Action.Update, after);
        var changed = await WriteAsync(principal, view, "update", Action.Update, new JournalNote(before, after), cancellationToken);
        return (changed, changed && May(principal, view, Action.Read, after) ? DocumentItems.See(view, principal.Caller(), after) : null);
    }

    /// <summary>False where the item is no longer as it was found.</summary>
    public Task<bool> DeleteAsync(Principal principal, DatasetView view, EditedItem item, CancellationToken cancellationToken)
    {
        var before = new Document(item.Id, ItemValues.ReadStored(item.Fields, view.Dataset), item.Owner, item.Version, item.Seen.CreateTime, item.Seen.UpdateTime) { Tag = item.Tag };
        Demand(principal, view, Action.Delete, before);
        return WriteAsync(principal, view, "delete", Action.Delete, new JournalNote(before, null), cancellationToken);
    }

    /// <returns>Rows whose id is taken: not stored, and with <paramref name="allOrNothing"/> neither is any other.</returns>
    public async Task<List<ImportRow>> ImportAsync(
        Principal principal, DatasetView view, List<ImportRow> rows, DateTime now, ImportOrder order, CancellationToken cancellationToken)
    {
        var (store, table) = (stores.Of(view.Dataset), view.Dataset.Documents);
        foreach (var row in rows) Fit(store, row.Json);
        if (order.IsDryRun) return await TakenAsync(store, table, rows, cancellationToken);
        var limits = store.Capabilities;
        if (order.IsAllOrNothing && rows.Count > 1 && (rows.Count > limits.MaxAtomicWrites || rows.Sum(static row => (long)row.Json.Length) > limits.MaxAtomicBytes))
        {
            throw new MeshException(new StoreLacks(
                limits.Provider, FormattableString.Invariant($"takes at most {limits.MaxAtomicWrites} items and {limits.MaxAtomicBytes} bytes all or none: set skip_invalid, or send fewer at a time")));
        }

        var writes = rows.Select(row =>
        {
            var document = New(view, row.Id, row.Json, principal.Subject, now);
            Demand(principal, view, Action.Create, document);
            return new JournalNote(null, document);
        }).ToArray();
        var taken = new List<ImportRow>();
        var entry = AccessEntry.Of(principal, view, order.Action, Action.Create);
        await scope.WriteAsync(entry, view.Dataset, rows.Count, async journal =>
        {
            foreach (var chunk in writes.Index().Chunk(order.IsAllOrNothing ? Math.Max(1, writes.Length) : ImportChunk))
            {
                var done = await journal.RunAsync(store, [.. chunk.Select(static one => one.Item)], order.IsAllOrNothing, cancellationToken);
                await order.Report(chunk[^1].Index + 1);
                taken.AddRange(chunk.Where((_, i) => !done[i]).Select(one => rows[one.Index]));
            }

            return true;
        }, cancellationToken);
        return taken;
    }

    private static async Task<List<ImportRow>> TakenAsync(IDocumentStore store, DocumentTable table, List<ImportRow> rows, CancellationToken cancellationToken)
    {
        var taken = new bool[rows.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken };
        await System.Threading.Tasks.Parallel.ForAsync(0, rows.Count, options, async (i, token) => taken[i] = await store.FindAsync(table, rows[i].Id, token) is not null);
        return [.. rows.Where((_, i) => taken[i])];
    }

    private Task<bool> WriteAsync(Principal principal, DatasetView view, string name, Action action, JournalNote note, CancellationToken cancellationToken)
    {
        var store = stores.Of(view.Dataset);
        return scope.WriteAsync(
            AccessEntry.Of(principal, view, name, action), view.Dataset, 1, async journal => (await journal.RunAsync(store, [note], atomic: false, cancellationToken))[0], cancellationToken);
    }

    private static Document New(DatasetView view, string id, byte[] fields, string owner, DateTime now) =>
        new(id, ItemValues.ReadStored(fields, view.Dataset), owner, 1, DocumentTime.Cut(now), DocumentTime.Cut(now));

    private static bool May(Principal principal, DatasetView view, Action action, Document document) =>
        PolicyEvaluator.Matches(view.Condition(action), new PolicyRow(document.Fields, document.Owner), principal.Caller());

    // The database says the same of its own rows by row-level security; here there is nothing behind this.
    private static void Demand(Principal principal, DatasetView view, Action action, Document document)
    {
        if (!May(principal, view, action, document)) throw new MeshException(new RowDenied(action.ToString().ToLowerInvariant()));
    }

    private static void Fit(IDocumentStore store, byte[] fields)
    {
        var limits = store.Capabilities;
        if (fields.Length > limits.MaxDocumentBytes) throw new MeshException(new StoreLacks(limits.Provider, FormattableString.Invariant($"takes items of at most {limits.MaxDocumentBytes} bytes of JSON")));
    }
}
