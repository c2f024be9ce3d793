namespace AiMesh.Guards;

internal static class RepositoryFolder
{
    /// <summary>The folder of the solution, above that of the running program.</summary>
    public static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AiMesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("This does not run from within the repository.");
    }
}
