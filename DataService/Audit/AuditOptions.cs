using System.ComponentModel.DataAnnotations;

namespace AiMesh.DataService.Audit;

/// <summary>How accesses get into the chain; section <c>Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>How often what is in the inbox is chained. 50 ms to 1 minute; default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan SealInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a stream may take to say how much it sent, before it is chained without. 1 s to 1 day; default: 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StreamPatience { get; set; } = TimeSpan.FromMinutes(15);
}
