using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AiMesh.Data.V1;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Protection;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Stores;

/// <summary>
/// Reads items that are in another store than the database. Rule and filter go to the store as far as its language says them, and are decided again here for every
/// document, so that neither a store's faults nor what it cannot say let anything through.
/// </summary>
internal sealed class DocumentItems(StoreRegistry stores, DocumentScope scope)
{
    public async Task<List<StoredItem>> ReadAsync(PageQuery query, string action, int counted, CancellationToken cancellationToken)
    {
        var items = new List<StoredItem>();
        try
        {
            await foreach (var item in SelectAsync(query, cancellationToken)) items.Add(item);
        }
        catch (MeshException)
        {
            // It may have failed because the dataset was redefined or deleted.
            await scope.CheckAsync(query.Principal, query.View.Dataset, cancellationToken);
            throw;
        }

        await scope.RecordAsync(AccessEntry.Of(query.Principal, query.View, action, Action.Read), query.View.Dataset, Math.Min(items.Count, counted), cancellationToken);
        return items;
    }

    /// <summary>Hands on items as they come. No snapshot: each page of the store is as it is when it is read.</summary>
    public async Task StreamAsync(PageQuery query, Func<StoredItem, Task> take, CancellationToken cancellationToken)
    {
        await scope.CheckAsync(query.Principal, query.View.Dataset, cancellationToken);
        await foreach (var item in SelectAsync(query, cancellationToken)) await take(item);
        try
        {
            await scope.CheckAsync(query.Principal, query.View.Dataset, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == RequestScope.DefinitionChangedState)
        {
            // The items may have been moved away under the stream. What was handed on cannot be taken back, so it does not begin anew.
            throw new MeshException(new DefinitionChanged());
        }
    }

    /// <summary>What the caller sees of a document that they may read.</summary>
    public static StoredItem See(DatasetView view, PolicyCaller caller, Document document)
    {
        // In the view's order of names, as the database would write it.
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ItemValues.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var field in view.Shown)
            {
                if (!document.Fields.TryGetValue(field.Name, out var value)) continue;
                if (view.Restricted.TryGetValue(field.Name, out var restricted))
                {
                    Write(writer, restricted, new PolicyRow(document.Fields, document.Owner), caller, value);
                    continue;
                }

                writer.WritePropertyName(field.Name);
                ItemValues.Write(writer, value);
            }

            writer.WriteEndObject();
        }

        return new StoredItem(document.Id, view.Reveal(document.Id, buffer.WrittenSpan.ToArray()), document.CreateTime, document.UpdateTime, document.Version);
    }

    // The number of the first case that holds, and the value: what DatasetView.Reveal reads.
    private static void Write(Utf8JsonWriter writer, RestrictedField field, PolicyRow row, PolicyCaller caller, object value)
    {
        for (var i = 0; i < field.Cases.Length; i++)
        {
            if (!PolicyEvaluator.Matches(field.Cases[i].Condition, row, caller)) continue;
            if (field.Cases[i].Mask == Field.Types.Mask.Null) return;
            writer.WriteStartArray(field.Field.Name);
            writer.WriteNumberValue(i);
            ItemValues.Write(writer, value);
            writer.WriteEndArray();
            return;
        }
    }

    // All that an answer may hold, and what decides over it.
    private static IEnumerable<string> Needed(DatasetView view) =>
        view.Shown.Select(static field => field.Name).Concat(view.Restricted.Values.SelectMany(static field => field.Cases).SelectMany(static one => PolicyBinding.Fields(one.Condition)));

    private async IAsyncEnumerable<StoredItem> SelectAsync(PageQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (view, dataset) = (query.View, query.View.Dataset);
        var (store, wanted) = (stores.Of(dataset), Wanted(query));
        if (query.Id is { } id)
        {
            var found = await store.FindAsync(dataset.Documents, id, cancellationToken);
            if (found is not null && wanted.Matches(found)) yield return See(view, wanted.Caller, found);
        }
        else if (query.Order.IsEmpty)
        {
            var count = 0;
            await foreach (var document in store.QueryAsync(dataset.Documents, wanted, cancellationToken))
            {
                if (!wanted.Matches(document)) continue;
                yield return See(view, wanted.Caller, document);
                if (++count == query.Limit) yield break;
            }
        }
        else
        {
            var first = new FirstInOrder(query);
            await foreach (var document in store.QueryAsync(dataset.Documents, wanted, cancellationToken))
            {
                if (wanted.Matches(document) && !first.TryAdd(document)) throw new MeshException(new StoreLacks(store.Capabilities.Provider, "sorts in memory, and this is too much of it: ask for fewer items, or for part of them by a filter"));
            }

            foreach (var item in first.Take()) yield return item;
        }
    }

    private static DocumentQuery Wanted(PageQuery query) =>
        new(PolicyExpression.AllOf(query.View.Condition(Action.Read), query.Filter), query.Principal.Caller())
        {
            After = query.Order.IsEmpty && query.After is [.., { } last] ? last : "",
            Fields = query.View.SeesAll ? null : [.. Needed(query.View).Distinct(StringComparer.Ordinal)],

            // A page in an order needs all there is.
            Expected = query.Order.IsEmpty ? query.Limit : int.MaxValue,
        };
}
