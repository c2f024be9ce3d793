using System.ComponentModel.DataAnnotations;

namespace AiMesh.DataService.Events;

/// <summary>How events travel and how long they stay; section <c>Events</c>.</summary>
internal sealed class EventOptions
{
    public const string Section = "Events";

    /// <summary>How often each replica looks for events that nobody told it of. 50 ms to 1 s, as readers elsewhere count on two; default: 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:01")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a subscriber may be away and still go on where it was. 1 s to 30 days; default: 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Most events that are kept, whatever their age. 1,000 to 1,000,000,000; default: 1,000,000.</summary>
    [Range(1_000, 1_000_000_000)]
    public long MaxEvents { get; set; } = 1_000_000;

    /// <summary>How often old events are removed. 100 ms to 1 hour; default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan TrimInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a watch says where it is, whether or not anything happened. 1 s to 15 s, as the contract says; default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:15")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);
}
