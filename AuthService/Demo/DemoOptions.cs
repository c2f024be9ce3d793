namespace AiMesh.AuthService.Demo;

/// <summary>The demo organisation; configuration section <c>Demo</c>.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Whether it is created at start. Default: in Development, where a password is given.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Password of its users.</summary>
    public string Password { get; set; } = "";
}
