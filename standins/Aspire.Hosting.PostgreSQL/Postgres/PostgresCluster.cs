using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Postgres;

/// <summary>A private PostgreSQL cluster: one data folder, served on one port of 127.0.0.1, never the machine's own cluster.</summary>
/// <param name="binaries">Folder of initdb and postgres.</param>
/// <param name="folder">Folder of the cluster; its parent must be reachable for the account that serves it.</param>
/// <param name="deleteWhenOrphaned">Delete the folder when this process ends.</param>
internal sealed class PostgresCluster(string binaries, string folder, bool deleteWhenOrphaned = false)
{
    // Held for as long as the name stands in Debian's package; PostgreSQL itself refuses to run as root.
    private const string ServerAccount = "postgres";

    private readonly string _data = Path.Combine(folder, "data");

    /// <summary>The account that owns and serves the cluster; null when it is our own.</summary>
    private static string? RunAs =>
        !UnixUser.IsRoot ? null
        : UnixUser.Exists(ServerAccount) ? ServerAccount
        : throw new InvalidOperationException(
            $"PostgreSQL refuses to run as root, and this machine has no user '{ServerAccount}'; create it (useradd --system {ServerAccount}) or start as another user.");

    /// <summary>Creates the data folder unless a former run has.</summary>
    public async Task InitializeAsync(string userName, string password, CancellationToken cancellationToken)
    {
        await UnixUser.CreatePrivateFolderAsync(folder, RunAs, cancellationToken);

        // The password goes through the environment of a shell of the server's own account: in no file, in no argument list.
        // Built beside and moved when whole: a start that is killed half-way leaves nothing that looks like a cluster.
        const string script = """
            set -eu
            umask 077
            if [ -f "$2/PG_VERSION" ]; then exit 0; fi
            rm -rf -- "$2.new"
            printf '%s\n' "$INITIAL_PASSWORD" | "$1/initdb" -D "$2.new" --username="$3" --pwfile=/dev/stdin \
              --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
            mv -- "$2.new" "$2"
            """;
        await ChildProcess.RunAsync(
            new ChildProcessOptions("/bin/sh", ["-c", script, "initdb", binaries, _data, userName])
            {
                RunAs = RunAs,
                WorkingDirectory = "/",
                CleanEnvironment = true,
                Environment = new Dictionary<string, string?> { ["INITIAL_PASSWORD"] = password },
                DeleteWhenOrphaned = deleteWhenOrphaned ? folder : null,
            },
            cancellationToken);
    }

    /// <summary>Starts the server; it is ready when it accepts a connection.</summary>
    /// <param name="port">Port on 127.0.0.1.</param>
    /// <param name="settings">Server settings by name, for example <c>fsync</c>.</param>
    /// <param name="onLine">Receives the server's log.</param>
    public ChildProcess Start(int port, IReadOnlyDictionary<string, string> settings, Action<string, bool> onLine)
    {
        var arguments = new List<string> { "-D", _data, "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture) };

        // TCP only: a socket file would need a folder with a path of fewer than 108 bytes.
        foreach (var (name, value) in settings.Append(new("unix_socket_directories", "")))
            arguments.AddRange(["-c", $"{name}={value}"]);

        return ChildProcess.Start(
            new ChildProcessOptions(Path.Combine(binaries, "postgres"), arguments)
            {
                RunAs = RunAs,
                WorkingDirectory = "/",
                CleanEnvironment = true,
                // Fast shutdown: open sessions are cut off and the data is written; TERM would wait for the sessions.
                StopSignal = "INT",
                OrphanGrace = TimeSpan.FromSeconds(5),
                DeleteWhenOrphaned = deleteWhenOrphaned ? folder : null,
            },
            onLine);
    }

    /// <summary>Waits until the server of a former run has let go of the data folder.</summary>
    /// <exception cref="InvalidOperationException">It has not after <paramref name="patience"/>.</exception>
    public async Task WaitUntilFreeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (OwnerOf(_data) is { } processId)
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new InvalidOperationException($"The PostgreSQL data in '{_data}' is still served by process {processId}; stop it first.");

            await Task.Delay(100, cancellationToken);
        }
    }

    // First line of postmaster.pid: the process id. A file left behind by a crash names a process that is gone or another's.
    private static int? OwnerOf(string data)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var processId))
            return null;

        var commandLine = $"/proc/{processId}/cmdline";
        return File.Exists(commandLine) && File.ReadAllText(commandLine).Contains(data, StringComparison.Ordinal) ? processId : null;
    }
}
