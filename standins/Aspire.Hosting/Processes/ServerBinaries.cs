namespace Aspire.Hosting.Processes;

/// <summary>Finds programs of this machine.</summary>
internal static class ServerBinaries
{
    /// <summary>Full path of a program on PATH (or in the folders for system programs, which a plain user's PATH lacks), or null.</summary>
    public static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
