using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Testing;

/// <summary>A state folder for one test application, which is gone when that is, or when the test process is.</summary>
internal sealed class TemporaryState : IAsyncDisposable
{
    // Long enough for a database that was told to stop to have stopped; then its folder goes.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(7);

    private readonly ChildProcess _janitor;
    private int _disposed;

    public TemporaryState()
    {
        // As root the database runs under another account, for which a TMPDIR below /root is out of reach.
        var parent = UnixUser.IsRoot ? "/tmp" : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(parent, $"aspire-test-{Environment.ProcessId}-{System.IO.Path.GetRandomFileName()[..8]}");

        // It does nothing but be there to be outlived: CONT is a signal that does not end it, the grace is what counts.
        _janitor = ChildProcess.Start(
            new ChildProcessOptions("sleep", ["2147483647"]) { StopSignal = "CONT", OrphanGrace = Grace, DeleteWhenOrphaned = Path }, (_, _) => { });
    }

    public string Path { get; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        await _janitor.DisposeAsync();
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
