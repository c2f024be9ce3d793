using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Containers;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Redis;

/// <summary>Finds out what can be Redis here, and starts it.</summary>
internal static class RedisLauncher
{
    public static async Task<ChildProcess?> LaunchAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (context.Resource.HasAnnotationOfType<ConnectionStringRedirectAnnotation>())
            return null;

        if (RedisProcess.Find() is { } binary)
            return await StartAsync(context, binary, cancellationToken);

        if (await DockerEngine.AnswersAsync(cancellationToken))
            return await RunContainerAsync(context, cancellationToken);

        throw new DistributedApplicationException(RedisProcess.HowToInstall);
    }

    private static async Task<ChildProcess?> StartAsync(LaunchContext context, string binary, CancellationToken cancellationToken)
    {
        var resource = (RedisResource)context.Resource;
        var folder = DataFolders.Of(context);
        await UnixUser.CreatePrivateFolderAsync(folder, user: null, cancellationToken);
        return RedisProcess.Start(
            binary, folder, context.PortOf(RedisResource.PrimaryEndpointName), await PasswordAsync(resource, cancellationToken), [Save(resource)], false, context.OnLine);
    }

    private static async Task<ChildProcess?> RunContainerAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        // The shell of the image reads the password from its environment, so that it stands in no argument list.
        var resource = (RedisResource)context.Resource;
        resource.Entrypoint = "/bin/sh";
        var password = await PasswordAsync(resource, cancellationToken);
        var container = new LaunchContext
        {
            Builder = context.Builder,
            Resource = resource,
            Replica = context.Replica,
            EnvironmentVariables = new Dictionary<string, string>(context.EnvironmentVariables) { ["REDIS_PASSWORD"] = password },
            Arguments = ["-c", $"exec redis-server --requirepass \"$REDIS_PASSWORD\" --{Save(resource)}"],
            OnLine = context.OnLine,
        };
        return await DockerEngine.RunAsync(container, cancellationToken);
    }

    private static async Task<string> PasswordAsync(RedisResource resource, CancellationToken cancellationToken) =>
        resource.PasswordParameter is { } password ? await password.GetValueAsync(cancellationToken) ?? "" : "";

    private static string Save(RedisResource resource) =>
        resource.TryGetLastAnnotation<PersistenceSettings>(out var persistence) ? $"save {persistence.Value}" : "save \"\"";
}
