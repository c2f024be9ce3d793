using Aspire.Hosting.Processes;

namespace AiMesh.Guards;

/// <summary>A git worktree of what the developer has (tracked files, changed or not): theirs is never touched.</summary>
internal sealed class WorkingCopy : IAsyncDisposable
{
    private readonly string _repository;
    private readonly bool _keep;

    private WorkingCopy(string repository, string folder, bool keep) => (_repository, Folder, _keep) = (repository, folder, keep);

    public string Folder { get; }

    /// <param name="repository">The developer's tree.</param>
    /// <param name="keep">Folder of a copy that stays for the next run, which then builds little; null for one that is removed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<WorkingCopy> CreateAsync(string repository, string? keep, CancellationToken cancellationToken)
    {
        // A commit of the changed state that no branch knows of; nothing when there are no changes.
        var changed = await GitAsync(repository, ["stash", "create"], cancellationToken);
        var commit = changed.Length > 0 ? changed : "HEAD";
        var head = await GitAsync(repository, ["rev-parse", commit], cancellationToken);

        var folder = keep is null ? Path.Combine(Path.GetTempPath(), $"aimesh-guards-{Environment.ProcessId}") : Path.GetFullPath(keep);
        var copy = new WorkingCopy(repository, folder, keep is not null);
        try
        {
            if (Directory.Exists(folder))
                await GitAsync(folder, ["checkout", "--quiet", "--force", "--detach", head], cancellationToken);
            else
                await GitAsync(repository, ["worktree", "add", "--quiet", "--detach", folder, head], cancellationToken);
            return copy;
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_keep)
            return;
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        await GitAsync(_repository, ["worktree", "prune"], CancellationToken.None);
    }

    private static Task<string> GitAsync(string folder, string[] arguments, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync(new ChildProcessOptions("git", ["-C", folder, .. arguments]), cancellationToken);
}
