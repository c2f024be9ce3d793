using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;

namespace AiMesh.StandIns.Tests.Clients.Telemetry;

/// <summary>Keeps the activities that a tracer provider saw end.</summary>
internal sealed class StoppedActivities : BaseProcessor<Activity>
{
    private readonly ConcurrentQueue<Activity> _activities = [];

    public IReadOnlyCollection<Activity> All => _activities;

    public IEnumerable<string> Names => _activities.Select(activity => activity.DisplayName);

    public override void OnEnd(Activity data) => _activities.Enqueue(data);
}
