using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Projects;

namespace Aspire.Hosting;

/// <summary>Adds .NET projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds a project that the AppHost refers to.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new() => builder.Add(name, new TProject(), new ProjectResourceOptions());

    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="launchProfileName">Profile to take settings from; null: none.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() =>
        builder.Add(name, new TProject(), WithProfile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new()
    {
        var options = new ProjectResourceOptions();
        configure(options);
        return builder.Add(name, new TProject(), options);
    }

    /// <summary>Adds a project by the path of its project file, from the AppHost's folder if it is relative.</summary>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath) =>
        builder.AddProject(name, projectPath, _ => { });

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath, string? launchProfileName) =>
        builder.Add(name, builder.At(projectPath), WithProfile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath, Action<ProjectResourceOptions> configure)
    {
        var options = new ProjectResourceOptions();
        configure(options);
        return builder.Add(name, builder.At(projectPath), options);
    }

    /// <summary>Runs the project as several processes; those who refer to it find all of them.</summary>
    /// <param name="builder">The project.</param>
    /// <param name="replicas">At least 1.</param>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static ProjectResourceOptions WithProfile(string? name) => new() { LaunchProfileName = name, ExcludeLaunchProfile = name is null };

    private static ProjectPathMetadata At(this IDistributedApplicationBuilder builder, string projectPath) =>
        new(Path.GetFullPath(projectPath, builder.AppHostDirectory));

    private static IResourceBuilder<ProjectResource> Add<TProject>(
        this IDistributedApplicationBuilder builder, string name, TProject metadata, ProjectResourceOptions options)
        where TProject : IProjectMetadata
    {
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation<IProjectMetadata>(metadata);
        var launch = options.ExcludeLaunchProfile ? null : LaunchProfiles.Find(metadata, options.LaunchProfileName);
        var endpoints = options.ExcludeKestrelEndpoints
            ? []
            : KestrelEndpoints.FromSettings(metadata.ProjectPath, builder.Environment.EnvironmentName).ToArray();

        // What the project says for every launch wins over what it says for one way to launch it.
        if (endpoints.Length == 0 && launch is not null)
            endpoints = [.. KestrelEndpoints.FromLaunchProfile(launch.Value.Profile, metadata.ProjectPath)];

        foreach (var endpoint in endpoints)
            project.WithAnnotation(endpoint);

        if (launch?.Profile.CommandLineArgs is { Length: > 0 } arguments)
            project.WithArgs(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        return project.WithEnvironment(context => ProjectEnvironment.Fill(context, builder, launch?.Profile));
    }
}
