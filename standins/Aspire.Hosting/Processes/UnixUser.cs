using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>Changing to another Unix account, for servers that refuse to run as root.</summary>
internal static class UnixUser
{
    public static bool IsRoot => Environment.IsPrivilegedProcess;

    public static bool Exists(string user) =>
        File.ReadLines("/etc/passwd").Any(line => line.StartsWith(user + ':', StringComparison.Ordinal));

    /// <summary>Words to put before a command so that it runs as <paramref name="user"/>.</summary>
    /// <remarks>setpriv replaces itself by the command, so process ids stay what they are; runuser may stay in between.</remarks>
    public static IReadOnlyList<string> Switch(string user) =>
        ServerBinaries.OnPath("setpriv") is { } setpriv
            ? [setpriv, $"--reuid={user}", $"--regid={PrimaryGroup(user)}", "--init-groups", "--"]
            : ["runuser", "-u", user, "--"];

    /// <summary>Creates a folder that only <paramref name="user"/> (null: this account) can read.</summary>
    public static async Task CreatePrivateFolderAsync(string path, string? user, CancellationToken cancellationToken)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (user is null)
        {
            Directory.CreateDirectory(path, ownerOnly);
            return;
        }

        using var install = Process.Start(new ProcessStartInfo("install")
        {
            ArgumentList = { "-d", "-m", "0700", "-o", user, "-g", PrimaryGroup(user), "--", path },
        })!;
        await install.WaitForExitAsync(cancellationToken);
        if (install.ExitCode != 0)
            throw new InvalidOperationException($"The folder '{path}' could not be given to the user '{user}'.");
    }

    // Fourth field of the account's line: the numeric group id.
    private static string PrimaryGroup(string user) =>
        File.ReadLines("/etc/passwd").First(line => line.StartsWith(user + ':', StringComparison.Ordinal)).Split(':')[3];
}
