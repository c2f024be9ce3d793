using Aspire.Hosting.Processes;

namespace AiMesh.Testing;

/// <summary>Fresh folders for the servers of one test process.</summary>
internal static class TestFolder
{
    /// <summary>A path for a folder that does not exist yet, in a folder that every account can reach.</summary>
    public static string NewPath(string purpose)
    {
        // As root the database runs under another account, for which a TMPDIR below /root is out of reach.
        var parent = UnixUser.IsRoot ? "/tmp" : Path.GetTempPath();
        return Path.Combine(parent, $"aimesh-test-{purpose}-{Environment.ProcessId}-{Path.GetRandomFileName()[..8]}");
    }
}
