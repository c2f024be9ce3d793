using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Projects;

/// <summary>The command that runs a project.</summary>
internal static class ProjectCommand
{
    // Of the AppHost alone: its own addresses would make every project listen on them.
    private static readonly string[] NotInherited = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE"];

    /// <remarks>
    /// What the build made is run directly: "dotnet run --no-build" evaluates the project first, seconds for each. A project that was
    /// not built with the AppHost goes through "dotnet run", which builds it.
    /// </remarks>
    public static ChildProcessOptions For(LaunchContext context)
    {
        if (!context.Resource.TryGetLastAnnotation<IProjectMetadata>(out var project))
            throw new DistributedApplicationException($"'{context.Resource.Name}' has no project.");

        if (!File.Exists(project.ProjectPath))
            throw new DistributedApplicationException($"The project '{project.ProjectPath}' of '{context.Resource.Name}' does not exist.");

        var output = AppHostMetadata.ProjectOutput(context.Builder.AppHostAssembly, project.ProjectPath);
        if (output is not null && !File.Exists(output))
            throw new DistributedApplicationException($"'{output}' of '{context.Resource.Name}' is missing; build the AppHost.");

        var environment = context.EnvironmentVariables.ToDictionary(variable => variable.Key, variable => (string?)variable.Value);
        foreach (var name in NotInherited)
            environment.TryAdd(name, null);

        // The native launcher beside the assembly finds the runtime through this variable, wherever it is installed.
        environment.TryAdd("DOTNET_ROOT", DotnetRoot);
        var (fileName, arguments) = Command(project, output);
        return new ChildProcessOptions(fileName, [.. arguments, .. context.Arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(project.ProjectPath),
            Environment = environment,
        };
    }

    private static string DotnetRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static (string FileName, string[] Arguments) Command(IProjectMetadata project, string? output)
    {
        var dotnet = Path.Combine(DotnetRoot, "dotnet");
        if (output is null)
        {
            string[] build = project.SuppressBuild ? ["--no-build"] : [];
            return (dotnet, ["run", "--project", project.ProjectPath, .. build, "--no-launch-profile", "--"]);
        }

        var launcher = Path.ChangeExtension(output, null);
        return File.Exists(launcher) ? (launcher, []) : (dotnet, [output]);
    }
}
