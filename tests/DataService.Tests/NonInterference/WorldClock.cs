namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>A clock that both worlds read alike: it stands still until the test moves it. Timers run as ever.</summary>
internal sealed class WorldClock : TimeProvider
{
    // The database has the true time, so this one begins there.
    private readonly DateTimeOffset _start = System.GetUtcNow();
    private long _milliseconds;

    /// <summary>Goes to where a round begins.</summary>
    public void Reset(int round) => Interlocked.Exchange(ref _milliseconds, round * 5000L);

    public void Advance() => Interlocked.Increment(ref _milliseconds);

    public override DateTimeOffset GetUtcNow() => _start.AddMilliseconds(Interlocked.Read(ref _milliseconds));
}
