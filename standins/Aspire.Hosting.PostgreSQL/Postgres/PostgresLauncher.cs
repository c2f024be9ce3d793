using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Containers;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Postgres;

/// <summary>Finds out what can be PostgreSQL here, and starts it.</summary>
internal static class PostgresLauncher
{
    // What the server says of a health check that comes before it is ready; it looks like a failure and is none.
    private const string TooEarly = "FATAL:  the database system is starting up";

    // A server of a run that was killed needs a moment to let go of its data.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // As durable as a production server: what is acknowledged is on disk. Room for every service's pools on a small machine.
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["max_connections"] = "200",
        ["shared_buffers"] = "128MB",
        ["synchronous_commit"] = "on",
        ["password_encryption"] = "scram-sha-256",
        ["log_min_messages"] = "warning",
        ["log_checkpoints"] = "off",
    };

    public static async Task<ChildProcess?> LaunchAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (context.Resource.HasAnnotationOfType<ConnectionStringRedirectAnnotation>())
            return null;

        if (PostgresBinaries.Find() is { } binaries)
            return await StartAsync(context, binaries, cancellationToken);

        if (await DockerEngine.AnswersAsync(cancellationToken))
            return await DockerEngine.RunAsync(context, cancellationToken);

        throw new DistributedApplicationException(PostgresBinaries.HowToInstall);
    }

    private static async Task<ChildProcess?> StartAsync(LaunchContext context, string binaries, CancellationToken cancellationToken)
    {
        var resource = (PostgresServerResource)context.Resource;
        var userName = await resource.UserNameReference.GetValueAsync(cancellationToken);
        var password = await resource.PasswordParameter.GetValueAsync(cancellationToken);
        var cluster = new PostgresCluster(binaries, DataFolders.Of(context));
        await cluster.WaitUntilFreeAsync(Patience, cancellationToken);
        await cluster.InitializeAsync(userName!, password!, cancellationToken);
        return cluster.Start(context.PortOf(PostgresServerResource.PrimaryEndpointName), Settings, (line, isError) =>
        {
            if (!line.EndsWith(TooEarly, StringComparison.Ordinal))
                context.OnLine(line, isError);
        });
    }
}
