using System.Globalization;

namespace AiMesh.StandIns.Tests.Aspire;

/// <summary>The processes of this machine, those left out that are dead and only not yet collected by their parent.</summary>
internal static class ProcessTable
{
    public static bool IsRunning(int processId) => StateOf(processId) is { } state && state != 'Z';

    /// <summary>Ids of the running processes whose command line contains the text.</summary>
    public static int[] Find(string text) =>
        [.. Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && IsRunning(id) && CommandLineOf(id).Contains(text, StringComparison.Ordinal))];

    private static char? StateOf(int processId) =>
        Read($"/proc/{processId}/stat") is { } stat ? stat[stat.LastIndexOf(')') + 2] : null;

    private static string CommandLineOf(int processId) => Read($"/proc/{processId}/cmdline")?.Replace('\0', ' ') ?? "";

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            // It ended while we looked.
            return null;
        }
    }
}
