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
    /// <param name="warmUp">How many operations a pass of warming up has at least; fewer than by default for those that take long.</param>
    public static async Task<Comparison> RunAsync(Func<Task> ours, Func<Task> peer, double warmUp = 15_000)
    {
        await WarmUpAsync(ours, warmUp);
        await WarmUpAsync(peer, warmUp);

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

    /// <summary>
    /// Tiered compilation goes by calls and by quiet moments, connection pools and caches by calls: so this goes on until both many operations
    /// and some time have passed, with a pause in between in which the compiler catches up.
    /// </summary>
    private static async Task WarmUpAsync(Func<Task> operation, double operations)
    {
        for (var pass = 0; pass < 3; pass++)
        {
            var done = 0d;
            while (done < operations)
                done += await MeasureAsync(operation, RoundLength) * RoundLength.TotalSeconds;
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
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
