using System.Collections.Concurrent;

namespace AiMesh.Gateway.Caching;

/// <summary>What became of a request that others waited for.</summary>
internal enum Landing
{
    /// <summary>The caller went away, or the service did not answer: somebody else has to ask.</summary>
    Abandoned,

    /// <summary>The answer is kept.</summary>
    Kept,

    /// <summary>There is an answer, but it is not for keeping: waiting for another one is of no use.</summary>
    NotKept,
}

/// <summary>Sees to it that of many requests for the same, one goes ahead. Those who wait depend on it in nothing but time.</summary>
internal sealed class Flights
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Landing>> _flights = new(StringComparer.Ordinal);

    /// <summary>Null for the one that goes ahead, which then has to <see cref="Land"/>; otherwise what to wait for.</summary>
    public Task<Landing>? Join(string key)
    {
        var own = new TaskCompletionSource<Landing>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _flights.GetOrAdd(key, own);
        return ReferenceEquals(first, own) ? null : first.Task;
    }

    public void Land(string key, Landing landing)
    {
        if (_flights.TryRemove(key, out var flight)) flight.SetResult(landing);
    }
}
