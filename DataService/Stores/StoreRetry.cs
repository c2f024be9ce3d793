namespace AiMesh.DataService.Stores;

/// <summary>Pauses between tries: growing, at random so that many callers don't come back together, never shorter than the store asks for.</summary>
internal sealed class StoreRetry(StoreOptions options)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <param name="attempt">How many tries there were.</param>
    /// <param name="wanted">What the store asks for.</param>
    /// <param name="cancellationToken">Ends the pause.</param>
    /// <returns>False where it is not to be tried again.</returns>
    public async Task<bool> PauseAsync(int attempt, TimeSpan? wanted, CancellationToken cancellationToken)
    {
        if (attempt > options.Retries || wanted > Longest) return false;
        var ceiling = Math.Min(First.TotalMilliseconds * Math.Pow(2, attempt - 1), Longest.TotalMilliseconds);
        var pause = TimeSpan.FromMilliseconds(ceiling * (0.5 + Random.Shared.NextDouble() / 2));
        await Task.Delay(wanted > pause ? wanted.Value : pause, cancellationToken);
        return true;
    }
}
