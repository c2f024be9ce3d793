using System.Collections.Concurrent;

namespace AiMesh.Gateway.Limits;

/// <summary>The buckets of this process, for when those that all replicas share cannot be reached. The same arithmetic as in Redis.</summary>
internal sealed class LocalCounters(TimeProvider time)
{
    /// <summary>About 10 MB. Beyond it buckets that have filled up again are dropped, as they are like new ones.</summary>
    private const int MaxCells = 100_000;

    private readonly ConcurrentDictionary<string, Cell> _cells = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private int _count;
    private double _nextSweep;

    public int Count => Volatile.Read(ref _count);

    public LimitDecision Decide(ReadOnlySpan<LimitBucket> buckets)
    {
        var now = Now();
        var tightest = new LimitDecision(true, 0, long.MaxValue, 0);
        for (var i = 0; i < buckets.Length; i++)
        {
            var policy = buckets[i].Policy;
            var ahead = CellOf(buckets[i].Key, now).Charge(now, policy);
            if (ahead > policy.Tolerance)
            {
                for (var charged = 0; charged < i; charged++)
                    CellOf(buckets[charged].Key, now).GiveBack(buckets[charged].Policy);
                return new LimitDecision(false, i, 0, (long)Math.Round(ahead - policy.Tolerance));
            }

            var remaining = (long)((policy.Tolerance - ahead) / policy.Interval);
            if (remaining < tightest.Remaining)
                tightest = new LimitDecision(true, i, remaining, (long)Math.Round(ahead));
        }

        return tightest;
    }

    private double Now() => time.GetElapsedTime(_start).TotalMicroseconds;

    private Cell CellOf(string key, double now)
    {
        if (_cells.TryGetValue(key, out var cell))
            return cell;
        if (Count >= MaxCells)
            Sweep(now);
        // An attacker with very many addresses must not fill the memory: late-comers share one bucket then.
        var name = Count < MaxCells ? key : "";
        cell = new Cell();
        if (_cells.TryAdd(name, cell))
            Interlocked.Increment(ref _count);
        return _cells.GetValueOrDefault(name, cell);
    }

    /// <summary>Once a second at most: a sweep that finds nothing to drop must not become the attacker's lever.</summary>
    private void Sweep(double now)
    {
        var due = Volatile.Read(ref _nextSweep);
        if (now < due || !Interlocked.CompareExchange(ref _nextSweep, now + 1_000_000, due).Equals(due))
            return;
        foreach (var (key, cell) in _cells)
        {
            if (cell.IsFull(now) && _cells.TryRemove(key, out _))
                Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>One bucket: the time at which it will be full again.</summary>
    private sealed class Cell
    {
        private double _full;

        public bool IsFull(double now) => Volatile.Read(ref _full) <= now;

        /// <summary>Takes one request out unless that is too much, and says by how much the bucket then is (or would be) ahead.</summary>
        public double Charge(double now, LimitPolicy policy)
        {
            while (true)
            {
                var seen = Volatile.Read(ref _full);
                var next = Math.Max(seen, now) + policy.Interval;
                // Half a microsecond is what rounding may add up to; it is less than any request costs.
                if (next - now > policy.Tolerance + 0.5)
                    return next - now;
                if (Interlocked.CompareExchange(ref _full, next, seen).Equals(seen))
                    return Math.Min(next - now, policy.Tolerance);
            }
        }

        public void GiveBack(LimitPolicy policy)
        {
            while (true)
            {
                var seen = Volatile.Read(ref _full);
                if (Interlocked.CompareExchange(ref _full, seen - policy.Interval, seen).Equals(seen))
                    return;
            }
        }
    }
}
