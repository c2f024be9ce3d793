namespace Aspire.Hosting;

/// <summary>Content of Properties/launchSettings.json.</summary>
public sealed class LaunchSettings
{
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];
}

/// <summary>One way to launch a project.</summary>
public sealed class LaunchProfile
{
    /// <summary><c>Project</c> for a profile that runs the project itself.</summary>
    public string? CommandName { get; set; }

    public string? CommandLineArgs { get; set; }

    /// <summary>URLs separated by semicolons.</summary>
    public string? ApplicationUrl { get; set; }

    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}
