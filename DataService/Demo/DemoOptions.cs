namespace AiMesh.DataService.Demo;

/// <summary>The demo organisation; configuration section <c>Demo</c>.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Whether the demo's datasets are made at start. Default: false; appsettings.Development.json says true.</summary>
    public bool Enabled { get; set; }
}
