using System.Collections.Concurrent;

namespace AiMesh.AiService.Routing;

/// <summary>
/// Which providers are worth a try. Failures in a row open a provider's circuit for a while that doubles each time; after it one call
/// goes through to see. A provider that says when to come back is believed.
/// </summary>
internal sealed class ProviderHealth(TimeProvider time)
{
    private const int FailuresToOpen = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, State> _states = new();

    public bool IsOpen(string provider) => _states.TryGetValue(provider, out var state) && time.GetUtcNow() < state.Until;

    public void Succeeded(string provider) => _states.TryRemove(provider, out _);

    public void Failed(string provider, TimeSpan? retryAfter)
    {
        var now = time.GetUtcNow();
        _states.AddOrUpdate(
            provider,
            _ => Next(new State(0, DateTimeOffset.MinValue), now, retryAfter),
            (_, state) => Next(state, now, retryAfter));
    }

    private static State Next(State state, DateTimeOffset now, TimeSpan? retryAfter)
    {
        var failures = state.Failures + 1;
        var pause = failures < FailuresToOpen ? TimeSpan.Zero : FirstPause * Math.Pow(2, Math.Min(failures - FailuresToOpen, 10));
        if (retryAfter > pause)
            pause = retryAfter.Value;
        return new State(failures, now + (pause > LongestPause ? LongestPause : pause));
    }

    private sealed record State(int Failures, DateTimeOffset Until);
}
