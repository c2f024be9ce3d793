using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Containers;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.RabbitMQ;

/// <summary>Finds out what can be RabbitMQ here, and starts it.</summary>
internal static class RabbitMQLauncher
{
    // Debian's own command in /usr/sbin insists on its system account and folders; this one takes ours.
    private const string DebianServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    // Erlang starts its port mapper as a daemon when it finds none, which would outlive everything. So it finds one, on a port of this
    // node alone, that belongs to the server's group of processes and ends with it.
    private const string Script = """
        epmd -port "$ERL_EPMD_PORT" &
        until epmd -names > /dev/null 2>&1; do sleep 0.05; done
        exec "$1"
        """;

    private const string HowToInstall =
        "rabbitmq-server is neither in /usr/lib/rabbitmq/bin nor on PATH; install it with ./eng/install.sh --broker (Debian and Ubuntu: apt-get install rabbitmq-server).";

    public static async Task<ChildProcess?> LaunchAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (context.Resource.HasAnnotationOfType<ConnectionStringRedirectAnnotation>())
            return null;

        if ((File.Exists(DebianServer) ? DebianServer : ServerBinaries.OnPath("rabbitmq-server")) is { } server)
            return await StartAsync(context, server, cancellationToken);

        if (await DockerEngine.AnswersAsync(cancellationToken))
            return await DockerEngine.RunAsync(context, cancellationToken);

        throw new DistributedApplicationException(HowToInstall);
    }

    private static async Task<ChildProcess?> StartAsync(LaunchContext context, string server, CancellationToken cancellationToken)
    {
        var resource = (RabbitMQServerResource)context.Resource;
        var folder = DataFolders.Of(context);
        await UnixUser.CreatePrivateFolderAsync(folder, user: null, cancellationToken);

        var port = context.PortOf(RabbitMQServerResource.PrimaryEndpointName);
        var hasManagement = resource.ManagementEndpoint.Exists;
        var configuration = Path.Combine(folder, "rabbitmq.conf");
        UnixFile.WriteAllText(configuration, await ConfigurationAsync(context, resource, port, cancellationToken));
        var plugins = Path.Combine(folder, "enabled_plugins");
        await File.WriteAllTextAsync(plugins, hasManagement ? "[rabbitmq_management].\n" : "[].\n", cancellationToken);

        return ChildProcess.Start(
            new ChildProcessOptions("/bin/sh", ["-c", Script, "rabbitmq", server])
            {
                WorkingDirectory = folder,
                CleanEnvironment = true,
                Environment = Variables(folder, configuration, plugins, port),
                OrphanGrace = TimeSpan.FromSeconds(5),
            },
            context.OnLine);
    }

    private static async Task<string> ConfigurationAsync(
        LaunchContext context, RabbitMQServerResource resource, int port, CancellationToken cancellationToken)
    {
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"listeners.tcp.1 = 127.0.0.1:{port}"),
            $"default_user = {await resource.UserNameReference.GetValueAsync(cancellationToken)}",
            $"default_pass = {await resource.PasswordParameter.GetValueAsync(cancellationToken)}",
            "log.console = true",
            "log.console.level = warning",
        };
        if (resource.ManagementEndpoint.Exists)
        {
            lines.Add("management.tcp.ip = 127.0.0.1");
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"management.tcp.port = {context.PortOf(RabbitMQServerResource.ManagementEndpointName)}"));
        }

        return string.Join('\n', lines) + '\n';
    }

    // A node of its own: name, ports, folders and cookie.
    private static Dictionary<string, string?> Variables(string folder, string configuration, string plugins, int port)
    {
        // As far away from the port for clients as it is by default.
        var distribution = port + (port < 45_000 ? 20_000 : -20_000);
        return new Dictionary<string, string?>
        {
            ["HOME"] = folder,
            ["RABBITMQ_NODENAME"] = string.Create(CultureInfo.InvariantCulture, $"mesh-{port}@localhost"),
            ["RABBITMQ_CONFIG_FILE"] = configuration,
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins,
            ["RABBITMQ_MNESIA_DIR"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_DIST_PORT"] = distribution.ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
            ["ERL_EPMD_PORT"] = (distribution + 1).ToString(CultureInfo.InvariantCulture),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        };
    }
}
