namespace AiMesh.AuthService.Demo;

/// <summary>The demo organisation; configuration section <c>Demo</c>.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Whether it is created at start. Default: in Development only.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Password of its users. Required where it is enabled.</summary>
    public string Password { get; set; } = "";
}
