using System.Diagnostics;

namespace AiMesh.Bench;

/// <summary>Medians over alternating rounds, so that whatever else the machine does falls on both sides alike.</summary>
internal sealed record Comparison(double Ours, double Peer, double Ratio)
{
    private const int Rounds = 7;
    private const int Concurrency = 16;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(2);

    /// <param name="ours">One operation of ours; it throws when the answer is wrong.</param>
    /// <param name="peer">The same work by the peer.</param>
    public static async Task<Comparison> RunAsync(Func<Task> ours, Func<Task> peer)
    {
        // Both are warm before anything counts: tiered compilation, connection pools, caches.
        await MeasureAsync(ours, TimeSpan.FromSeconds(4));
        await MeasureAsync(peer, TimeSpan.FromSeconds(4));

        var rounds = new List<(double Ours, double Peer)>();
        for (var i = 0; i < Rounds; i++)
        {
            var (first, second) = i % 2 == 0 ? (ours, peer) : (peer, ours);
            var (a, b) = (await MeasureAsync(first, RoundLength), await MeasureAsync(second, RoundLength));
            rounds.Add(i % 2 == 0 ? (a, b) : (b, a));
        }

        return new Comparison(
            Median(rounds.Select(round => round.Ours)), Median(rounds.Select(round => round.Peer)), Median(rounds.Select(round => round.Ours / round.Peer)));
    }

    private static async Task<double> MeasureAsync(Func<Task> operation, TimeSpan length)
    {
        var done = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed < length)
            {
                await operation();
                Interlocked.Increment(ref done);
            }
        })));
        return done / clock.Elapsed.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
