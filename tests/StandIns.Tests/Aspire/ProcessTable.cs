using System.Globalization;

namespace AiMesh.StandIns.Tests.Aspire;

/// <summary>The processes of this machine, those left out that are dead and only not yet collected by their parent.</summary>
internal static class ProcessTable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public static bool IsRunning(int processId) => StateOf(processId) is { } state && state != 'Z';

    /// <summary>Ids of the running processes that the process has started, and they in turn.</summary>
    public static int[] DescendantsOf(int processId)
    {
        var children = Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && IsRunning(id))
            .ToLookup(ParentOf);
        return [.. Below(processId)];

        IEnumerable<int> Below(int parent) => children[parent].SelectMany(child => Below(child).Prepend(child));
    }

    /// <summary>Waits until none of them runs any more; fails if one does after ten seconds.</summary>
    public static async Task GoneAsync(int[] processIds)
    {
        using var deadline = new CancellationTokenSource(Grace);
        while (processIds.Any(IsRunning))
            await Task.Delay(100, deadline.Token);
    }

    private static char? StateOf(int processId) => Fields(processId) is [[var state], ..] ? state : null;

    private static int? ParentOf(int processId) =>
        Fields(processId) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : null;

    // What follows the second field, a name in brackets that may itself contain spaces and brackets.
    private static string[] Fields(int processId) =>
        Read($"/proc/{processId}/stat") is { } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : [];

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
