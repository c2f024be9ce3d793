using System.Text.Json;

namespace Aspire.Hosting.Projects;

/// <summary>Finds the launch profile of a project.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>The named profile; or else the AppHost's own (DOTNET_LAUNCH_PROFILE) if the project has it too; or else the first.</summary>
    public static (string Name, LaunchProfile Profile)? Find(IProjectMetadata project, string? name)
    {
        var settings = project.LaunchSettings ?? Read(project.ProjectPath);
        var runnable = settings?.Profiles.Where(profile => profile.Value.CommandName is null or "Project").ToArray() ?? [];
        var wanted = name ?? Environment.GetEnvironmentVariable("DOTNET_LAUNCH_PROFILE");
        var found = runnable.FirstOrDefault(profile => profile.Key == wanted);
        if (found.Key is null && name is not null)
            throw new DistributedApplicationException($"'{project.ProjectPath}' has no launch profile named '{name}'.");

        found = found.Key is null ? runnable.FirstOrDefault() : found;
        return found.Key is null ? null : (found.Key, found.Value);
    }

    private static LaunchSettings? Read(string projectPath)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(file))
            return null;

        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(file), Json);
        }
        catch (JsonException error)
        {
            throw new DistributedApplicationException($"'{file}' is not valid: {error.Message}", error);
        }
    }
}
