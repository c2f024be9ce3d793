using System.ComponentModel.DataAnnotations;
using AiMesh.AiService.Routing;

namespace AiMesh.AiService.Ask;

/// <summary>How questions are answered; section <c>Ask</c>.</summary>
internal sealed class AskOptions
{
    public const string Section = "Ask";

    /// <summary>Most rows of one dataset that a question considers, 1 to 100,000. Default: 10,000.</summary>
    [Range(1, 100_000)]
    public int MaxRows { get; set; } = 10_000;

    /// <summary>Most readings of one device, newest first, 1 to 10,000. Default: 2,000.</summary>
    [Range(1, 10_000)]
    public int MaxReadings { get; set; } = 2_000;

    /// <summary>Most alerts of one device, newest first, 1 to 1000. Default: 200.</summary>
    [Range(1, 1000)]
    public int MaxAlerts { get; set; } = 200;

    /// <summary>How to choose the model where the question names none; null: as <see cref="RoutingOptions.Policy"/>.</summary>
    public RoutingPolicy? Policy { get; set; }

    /// <summary>Time between comments that keep a silent event stream open, 1 s to 1 min. Default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);
}
