using System.Globalization;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Postgres;

/// <summary>The PostgreSQL server programs of this machine.</summary>
internal static class PostgresBinaries
{
    public const string HowToInstall =
        "PostgreSQL server programs (initdb, postgres) are neither in /usr/lib/postgresql/*/bin nor on PATH; " +
        "install them with ./eng/install.sh (Debian and Ubuntu: apt-get install postgresql).";

    private const string DebianRoot = "/usr/lib/postgresql";

    /// <summary>Folder of the newest server on this machine, or null.</summary>
    public static string? Find()
    {
        var packaged = Directory.Exists(DebianRoot) ? Directory.GetDirectories(DebianRoot) : [];
        return packaged
            .OrderByDescending(folder => decimal.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            ?? (ServerBinaries.OnPath("initdb") is { } initdb && ServerBinaries.OnPath("postgres") is not null ? Path.GetDirectoryName(initdb) : null);
    }
}
