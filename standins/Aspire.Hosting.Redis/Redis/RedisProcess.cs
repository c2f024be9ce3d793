using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Redis;

/// <summary>A private Redis server on 127.0.0.1 with a password.</summary>
internal static class RedisProcess
{
    public const string HowToInstall =
        "redis-server is not on PATH; install it with ./eng/install.sh (Debian and Ubuntu: apt-get install redis-server).";

    public static string? Find() => ServerBinaries.OnPath("redis-server");

    /// <param name="binary">Path of redis-server.</param>
    /// <param name="folder">Its working folder, where it keeps its data if <paramref name="settings"/> say so.</param>
    /// <param name="port">Port on 127.0.0.1.</param>
    /// <param name="password">Password every client must give, without quotes and control characters; empty: none.</param>
    /// <param name="settings">Lines of redis.conf, for example <c>appendonly yes</c>.</param>
    /// <param name="deleteWhenOrphaned">Delete the folder when this process ends.</param>
    /// <param name="onLine">Receives the server's log.</param>
    public static ChildProcess Start(
        string binary, string folder, int port, string password, IEnumerable<string> settings, bool deleteWhenOrphaned, Action<string, bool> onLine)
    {
        // A file that only we can read, because an argument list is open to every account of the machine.
        var file = Path.Combine(folder, "redis.conf");
        var lines = new[]
        {
            "bind 127.0.0.1",
            "protected-mode yes",
            string.Create(CultureInfo.InvariantCulture, $"port {port}"),
            password.Length == 0 ? "# no password" : $"requirepass \"{password}\"",
            "daemonize no",
            "dir ./",
            "logfile \"\"",
        };
        UnixFile.WriteAllText(file, string.Join('\n', lines.Concat(settings)) + '\n');

        return ChildProcess.Start(
            new ChildProcessOptions(binary, [file])
            {
                WorkingDirectory = folder,
                CleanEnvironment = true,
                DeleteWhenOrphaned = deleteWhenOrphaned ? folder : null,
            },
            onLine);
    }
}
