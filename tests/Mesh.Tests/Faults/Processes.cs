using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AiMesh.Mesh.Tests.Faults;

/// <summary>A process with all its descendants: PostgreSQL has one process for each connection.</summary>
internal static class Processes
{
    /// <param name="root">Id of the process that was started for the resource.</param>
    /// <param name="signal">"KILL", "STOP" or "CONT".</param>
    public static void Signal(int root, string signal)
    {
        var tree = TreeOf(root);
        using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", .. tree.Select(static id => id.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardError = true, // Some may have ended by themselves meanwhile.
        }) ?? throw new Win32Exception("kill did not start.");
        kill.StandardError.ReadToEnd();
        kill.WaitForExit();
    }

    private static List<int> TreeOf(int root)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && ParentOf(id) is { } parent)
                parents[id] = parent;
        }

        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(parents.Where(pair => pair.Value == tree[i]).Select(static pair => pair.Key));
        return tree;
    }

    private static int? ParentOf(int id)
    {
        try
        {
            // "pid (name) state parent …", where the name may hold anything.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // Ended while we looked.
        }
    }
}
