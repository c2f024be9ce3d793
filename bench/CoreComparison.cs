using System.Diagnostics;

namespace AiMesh.Bench;

/// <summary>
/// The same for work that takes microseconds or less and keeps one core busy: one thread, no tasks in between, medians over alternating rounds.
/// </summary>
internal static class CoreComparison
{
    private const int Rounds = 7;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(1);

    /// <param name="ours">Some operations of ours, as many as it returns; it throws when an answer is wrong.</param>
    /// <param name="peer">The same work by the peer.</param>
    public static Comparison Run(Func<int> ours, Func<int> peer)
    {
        for (var pass = 0; pass < 3; pass++)
        {
            Measure(ours);
            Measure(peer);
        }

        var rounds = new List<(double Ours, double Peer)>();
        for (var i = 0; i < Rounds; i++)
        {
            var (first, second) = i % 2 == 0 ? (ours, peer) : (peer, ours);
            var (a, b) = (Measure(first), Measure(second));
            rounds.Add(i % 2 == 0 ? (a, b) : (b, a));
        }

        return new Comparison(
            Median(rounds.Select(static round => round.Ours)), Median(rounds.Select(static round => round.Peer)), Median(rounds.Select(static round => round.Ours / round.Peer)));
    }

    private static double Measure(Func<int> operations)
    {
        var done = 0L;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < RoundLength) done += operations();
        return done / clock.Elapsed.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
