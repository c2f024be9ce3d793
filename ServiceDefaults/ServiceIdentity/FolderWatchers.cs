namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// Tells of every change in the folders of some files. The folders and not the files: Kubernetes renews a mounted secret by pointing a link
/// beside the files elsewhere.
/// </summary>
internal sealed class FolderWatchers : IDisposable
{
    private readonly List<FileSystemWatcher> _watchers = [];

    /// <param name="paths">The files.</param>
    /// <param name="changed">Called on any thread, perhaps several times for one change.</param>
    /// <param name="impossible">Called with the reason when the system cannot watch; changes are then not told.</param>
    public FolderWatchers(IEnumerable<string> paths, Action changed, Action<string> impossible)
    {
        foreach (var folder in paths.Select(static path => Path.GetDirectoryName(Path.GetFullPath(path))!).Distinct(StringComparer.Ordinal))
        {
            try
            {
                var watcher = new FileSystemWatcher(folder);
                _watchers.Add(watcher);
                watcher.Changed += (_, _) => changed();
                watcher.Created += (_, _) => changed();
                watcher.Renamed += (_, _) => changed();
                watcher.Error += (_, failure) => impossible(failure.GetException().Message);
                watcher.EnableRaisingEvents = true;
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                // For example more watches than one user may have.
                impossible(exception.Message);
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers) watcher.Dispose();
    }
}
