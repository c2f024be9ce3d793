using System.Collections.Immutable;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Alerts;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Live;

/// <summary>Hands what was stored to those who watch. Never waits: see <see cref="LiveSubscription"/>.</summary>
internal sealed class LiveHub
{
    private ImmutableDictionary<string, ImmutableArray<LiveSubscription>> _byOrganisation = ImmutableDictionary<string, ImmutableArray<LiveSubscription>>.Empty;

    /// <summary>Follows one device, or with an empty id all of an organisation, until disposed.</summary>
    public LiveSubscription Subscribe(string organisation, string device)
    {
        var subscription = new LiveSubscription(device, closed => Remove(organisation, closed));
        ImmutableInterlocked.AddOrUpdate(ref _byOrganisation, organisation, [subscription], (_, others) => others.Add(subscription));
        return subscription;
    }

    public void Publish(KnownDevice device, IReadOnlyList<Sample> samples)
    {
        var watchers = Watchers(device.Organisation, device.Id);
        if (watchers.Count == 0)
            return;

        foreach (var sample in samples)
        {
            Offer(watchers, new WatchReadingsResponse
            {
                Device = device.Id,
                Reading = new Reading { Metric = sample.Metric, Value = sample.Value, Time = Timestamp.FromDateTime(sample.Time), Anomalous = sample.Anomalous },
            });
        }
    }

    public void Publish(string organisation, AlertRecord alert)
    {
        var watchers = Watchers(organisation, alert.Device);
        if (watchers.Count > 0)
            Offer(watchers, new WatchReadingsResponse { Device = alert.Device, Alert = alert.ToProto() });
    }

    private static void Offer(List<LiveSubscription> watchers, WatchReadingsResponse message)
    {
        foreach (var watcher in watchers)
            watcher.Offer(message);
    }

    private List<LiveSubscription> Watchers(string organisation, string device) =>
        _byOrganisation.TryGetValue(organisation, out var all) ? [.. all.Where(one => one.Device.Length == 0 || one.Device == device)] : [];

    private void Remove(string organisation, LiveSubscription subscription)
    {
        var left = ImmutableInterlocked.AddOrUpdate(ref _byOrganisation, organisation, [], (_, others) => others.Remove(subscription));
        if (left.IsEmpty)
            ImmutableInterlocked.Update(ref _byOrganisation, all => all.TryGetValue(organisation, out var now) && now.IsEmpty ? all.Remove(organisation) : all);
    }
}
