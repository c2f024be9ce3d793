using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.RabbitMQ;

/// <summary>A private RabbitMQ node on 127.0.0.1.</summary>
internal static class RabbitMQProcess
{
    public const string HowToInstall =
        "rabbitmq-server is neither in /usr/lib/rabbitmq/bin nor on PATH; install it with ./eng/install.sh --broker (Debian and Ubuntu: apt-get install rabbitmq-server).";

    // Debian's own command in /usr/sbin insists on its system account and folders; this one takes ours.
    private const string DebianServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    // Erlang starts its port mapper as a daemon when it finds none, which would outlive everything. So it finds one, on a port of this
    // node alone, that belongs to the server's group of processes and ends with it.
    private const string Script = """
        epmd -port "$ERL_EPMD_PORT" &
        mapper=$!
        until epmd -names > /dev/null 2>&1; do
          kill -0 $mapper 2> /dev/null || { echo "epmd ended; is port $ERL_EPMD_PORT taken?" >&2; exit 1; }
          sleep 0.05
        done
        exec "$1"
        """;

    public static string? Find() => File.Exists(DebianServer) ? DebianServer : ServerBinaries.OnPath("rabbitmq-server");

    /// <param name="server">Path of rabbitmq-server.</param>
    /// <param name="folder">Its private folder, where its data is; it exists.</param>
    /// <param name="port">For clients, on 127.0.0.1; Erlang gets two others.</param>
    /// <param name="settings">Further lines of rabbitmq.conf: at least default_user and default_pass.</param>
    /// <param name="plugins">To enable.</param>
    /// <param name="deleteWhenOrphaned">Delete the folder when this process ends.</param>
    /// <param name="onLine">Receives the server's log.</param>
    public static ChildProcess Start(
        string server, string folder, int port, IEnumerable<string> settings, IEnumerable<string> plugins, bool deleteWhenOrphaned, Action<string, bool> onLine)
    {
        // A file that only we can read: it has the password.
        var configuration = Path.Combine(folder, "rabbitmq.conf");
        string[] lines = [string.Create(CultureInfo.InvariantCulture, $"listeners.tcp.1 = 127.0.0.1:{port}"), "log.console = true", "log.console.level = warning"];
        UnixFile.WriteAllText(configuration, string.Join('\n', lines.Concat(settings)) + '\n');
        var enabled = Path.Combine(folder, "enabled_plugins");
        File.WriteAllText(enabled, $"[{string.Join(',', plugins)}].\n");

        return ChildProcess.Start(
            new ChildProcessOptions("/bin/sh", ["-c", Script, "rabbitmq", server])
            {
                WorkingDirectory = folder,
                CleanEnvironment = true,
                Environment = Variables(folder, configuration, enabled, port),
                OrphanGrace = TimeSpan.FromSeconds(5),
                DeleteWhenOrphaned = deleteWhenOrphaned ? folder : null,
            },
            onLine);
    }

    // A node of its own: name, ports, folders and cookie.
    private static Dictionary<string, string?> Variables(string folder, string configuration, string plugins, int port)
    {
        var distribution = FreePort(port);
        var mapper = FreePort(port, distribution);
        return new Dictionary<string, string?>
        {
            ["HOME"] = folder,
            ["RABBITMQ_NODENAME"] = string.Create(CultureInfo.InvariantCulture, $"mesh-{port}@localhost"),
            ["RABBITMQ_CONFIG_FILE"] = configuration,
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins,
            ["RABBITMQ_MNESIA_BASE"] = folder,
            ["RABBITMQ_MNESIA_DIR"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_DIST_PORT"] = distribution.ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
            ["ERL_EPMD_PORT"] = mapper.ToString(CultureInfo.InvariantCulture),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        };
    }

    // Below the range that the kernel takes for outgoing connections (32768 and up): one of those may have any port above for a moment.
    private static int FreePort(params ReadOnlySpan<int> taken)
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_768);
            if (!taken.Contains(port) && IsFree(port)) return port;
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
