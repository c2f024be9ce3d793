namespace AiMesh.IoTIngest.Demo;

/// <summary>The demo's device; section <c>Demo</c>, in Development only.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Between two readings of the simulated device once its history is there. Default 10 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);
}
