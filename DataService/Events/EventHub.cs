using System.Collections.Immutable;

namespace AiMesh.DataService.Events;

/// <summary>Wakes subscribers of this replica. Holds no events: whoever is woken reads from the database on, and misses nothing.</summary>
internal sealed class EventHub : IDisposable
{
    private static readonly (string, string) Everything = ("", "");

    private readonly EventSubscription _writes = new(static _ => { });
    private ImmutableDictionary<(string Organisation, string Dataset), ImmutableArray<EventSubscription>> _subscriptions =
        ImmutableDictionary<(string, string), ImmutableArray<EventSubscription>>.Empty;

    /// <summary>Call it after a commit: the events are published at once instead of at the next poll.</summary>
    public void Written() => _writes.Wake();

    /// <summary>Ends when somebody wrote, or after the time-out.</summary>
    public Task WaitForWritesAsync(TimeSpan timeout, CancellationToken cancellationToken) => _writes.WaitAsync(timeout, cancellationToken);

    /// <summary>Follows one dataset until disposed.</summary>
    public EventSubscription Subscribe(string organisation, string dataset) => SubscribeTo((organisation, dataset));

    /// <summary>Follows all datasets of all organisations until disposed.</summary>
    public EventSubscription SubscribeToAll() => SubscribeTo(Everything);

    public void Published(IEnumerable<(string Organisation, string Dataset)> changed)
    {
        var subscriptions = _subscriptions;
        foreach (var dataset in changed.Append(Everything))
        {
            if (!subscriptions.TryGetValue(dataset, out var several)) continue;
            foreach (var one in several) one.Wake();
        }
    }

    /// <summary>For when it is not known what changed.</summary>
    public void WakeAll()
    {
        foreach (var one in _subscriptions.Values.SelectMany(static several => several)) one.Wake();
    }

    public void Dispose() => _writes.Dispose();

    private EventSubscription SubscribeTo((string, string) dataset)
    {
        var subscription = new EventSubscription(closed => Remove(dataset, closed));
        ImmutableInterlocked.AddOrUpdate(ref _subscriptions, dataset, [subscription], (_, others) => others.Add(subscription));
        return subscription;
    }

    private void Remove((string, string) dataset, EventSubscription subscription) => ImmutableInterlocked.Update(ref _subscriptions, all =>
    {
        if (!all.TryGetValue(dataset, out var several)) return all;
        var left = several.Remove(subscription);
        return left.IsEmpty ? all.Remove(dataset) : all.SetItem(dataset, left);
    });
}
