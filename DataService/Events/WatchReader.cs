using AiMesh.Data.V1;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Change = AiMesh.Data.V1.WatchItemsResponse.Types.Change;

namespace AiMesh.DataService.Events;

/// <summary>Where a watch is: a position, and a fingerprint of what the caller may see there.</summary>
internal sealed record WatchPlace(string Sight, long Position);

/// <param name="Found">What to send, each message with its position.</param>
/// <param name="Next">Where to go on.</param>
/// <param name="HasMore">There may be more to read at once.</param>
internal sealed record WatchStep(IReadOnlyList<(WatchItemsResponse Message, long Position)> Found, WatchPlace Next, bool HasMore)
{
    public static WatchStep At(WatchPlace place) => new([], place, false);

    public static WatchStep Reset(WatchPlace place) => new([(new WatchItemsResponse { Change = Change.Reset }, place.Position)], place, false);
}

/// <summary>Reads the next changes for a watch. What the caller may see is asked anew each time.</summary>
internal sealed class WatchReader(DatasetCatalog catalog, EventStore store, AccessLog accessLog)
{
    public Task<Result<WatchStep>> NextAsync(Principal principal, WatchItemsRequest request, WatchPlace? place, CancellationToken cancellationToken) =>
        catalog.UseAsync<WatchStep>(principal, request.Dataset, async view =>
        {
            if (!ItemFilter.Parse(request.Filter, view).TryGet(out var filter, out var error)) return error;
            var sight = Fingerprint.Of(view, principal);
            if (place is null) return WatchStep.At(new WatchPlace(sight, await store.PublishAsync(cancellationToken)));
            var page = place.Sight == sight ? await store.ReadAsync(principal, view, filter, place.Position, cancellationToken) : null;
            if (page is null) return WatchStep.Reset(new WatchPlace(sight, await store.PublishAsync(cancellationToken)));

            // Before it is sent: what may have been read was recorded.
            if (page.Changes.Count > 0) await accessLog.WriteAsync(AccessEntry.Of(principal, view, "watch", Action.Read), page.Changes.Count, cancellationToken);
            return new WatchStep([.. page.Changes.Select(change => (ToMessage(change, view), change.Position))], new WatchPlace(sight, page.Position), page.HasMore);
        }, cancellationToken);

    private static WatchItemsResponse ToMessage(SeenChange change, DatasetView view) => change.Now is { } item
        ? new WatchItemsResponse { Change = change.WasSeen ? Change.Updated : Change.Created, Item = ItemReader.ToItem(item, view, mask: null) }
        : new WatchItemsResponse { Change = Change.Deleted, Item = new Item { Name = $"datasets/{view.Dataset.Definition.Id}/items/{change.ItemId}" } };
}
