using System.ComponentModel.DataAnnotations;

namespace AiMesh.IoTIngest.Demo;

/// <summary>The simulated device; configuration section <c>Demo</c>. Validated at start.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Default: true in Development, else false.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Time between readings. 100 ms to 1 hour; default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);
}
