using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Containers;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Projects;

namespace Aspire.Hosting.Orchestration;

/// <summary>How each kind of resource is run.</summary>
internal static class Launchers
{
    private static readonly LauncherAnnotation Project = new((context, _) => Start(context, ProjectCommand.For(context)));

    private static readonly LauncherAnnotation Executable = new((context, _) =>
    {
        var executable = (ExecutableResource)context.Resource;
        return Start(context, new ChildProcessOptions(executable.Command, context.Arguments)
        {
            WorkingDirectory = Path.GetFullPath(executable.WorkingDirectory, context.Builder.AppHostDirectory),
            Environment = context.EnvironmentVariables.ToDictionary(variable => variable.Key, variable => (string?)variable.Value),
        });
    });

    private static readonly LauncherAnnotation Container = new(DockerEngine.RunAsync);

    /// <summary>Null for what has no process of its own: parameters, databases, connection strings.</summary>
    public static LauncherAnnotation? Find(IResource resource) =>
        resource.TryGetLastAnnotation<LauncherAnnotation>(out var own) ? own : resource switch
        {
            ProjectResource => Project,
            ExecutableResource => Executable,
            ContainerResource => Container,
            _ => null,
        };

    private static Task<ChildProcess?> Start(LaunchContext context, ChildProcessOptions options) =>
        Task.FromResult<ChildProcess?>(ChildProcess.Start(options, context.OnLine));
}
