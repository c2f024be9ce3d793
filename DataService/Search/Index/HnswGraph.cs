using System.Buffers;
using System.Numerics.Tensors;

namespace AiMesh.DataService.Search.Index;

/// <summary>
/// A graph over the passages of a field, by which the nearest are found without comparing all (HNSW; Malkov and Yashunin, 2018). One adds, many search
/// meanwhile: lists of neighbours are exchanged, never changed. The same passages in the same order always give the same graph.
/// </summary>
internal sealed class HnswGraph(FieldIndex passages)
{
    private const int Links = 16;
    private const int BuildWidth = 100;
    private const ulong Seed = 0x9E3779B97F4A7C15;

    // By passage and level, the neighbours.
    private readonly AppendList<int[][]> _nodes = new();
    private Entrance? _entrance;

    /// <summary>Passages in the graph: the first so many.</summary>
    public int Count => _nodes.Count;

    /// <summary>Adds the next passage. One caller at a time.</summary>
    public void AddNext()
    {
        var node = _nodes.Count;
        var level = LevelOf(node);
        var vector = passages.Vector(node);
        var links = new int[level + 1][];
        Array.Fill(links, []);
        var entrance = _entrance;
        if (entrance is not null)
        {
            var near = Descend(vector, entrance, level);
            for (var l = Math.Min(level, entrance.Level); l >= 0; l--)
            {
                var found = SearchLevel(vector, near, BuildWidth, l, node, static _ => true, int.MaxValue);
                links[l] = Choose(found, Links);
                near = found[0].Node;
            }
        }

        // First the passage, then what leads to it.
        _nodes.Add(links);
        for (var l = 0; l <= level; l++)
            foreach (var neighbour in links[l]) Link(neighbour, node, l);
        if (entrance is null || level > entrance.Level) Volatile.Write(ref _entrance, new Entrance(node, level));
    }

    /// <summary>Passages near a vector, nearest first, of those that are accepted. The others are gone through and not answered.</summary>
    /// <param name="vector">Of unit length.</param>
    /// <param name="width">How many to look for; more find better ones.</param>
    /// <param name="accepts">Whether a passage may be found.</param>
    /// <param name="maxVisits">After so many comparisons it gives up.</param>
    /// <returns>Fewer than there are where it gave up.</returns>
    public List<Near> Search(ReadOnlySpan<float> vector, int width, Func<int, bool> accepts, int maxVisits)
    {
        if (Volatile.Read(ref _entrance) is not { } entrance) return [];
        return SearchLevel(vector, Descend(vector, entrance, 0), width, 0, _nodes.Count, accepts, maxVisits);
    }

    private int Descend(ReadOnlySpan<float> vector, Entrance entrance, int toLevel)
    {
        var (node, best) = (entrance.Node, Similarity(vector, entrance.Node));
        for (var level = entrance.Level; level > toLevel; level--)
        {
            for (var moved = true; moved;)
            {
                moved = false;
                foreach (var neighbour in Neighbours(node, level))
                {
                    if (Similarity(vector, neighbour) is var similarity && similarity <= best) continue;
                    (node, best, moved) = (neighbour, similarity, true);
                }
            }
        }

        return node;
    }

    private List<Near> SearchLevel(ReadOnlySpan<float> vector, int from, int width, int level, int count, Func<int, bool> accepts, int maxVisits)
    {
        var seen = ArrayPool<ulong>.Shared.Rent(count / 64 + 1);
        Array.Clear(seen, 0, count / 64 + 1);
        try
        {
            var toVisit = new PriorityQueue<int, float>();
            var found = new PriorityQueue<Near, float>();
            Visit(from, Similarity(vector, from), toVisit, found, width, accepts);
            seen[from / 64] |= 1UL << (from % 64);
            while (toVisit.TryDequeue(out var node, out var distance) && maxVisits > 0)
            {
                if (found.Count >= width && -distance < found.Peek().Similarity) break;
                foreach (var neighbour in Neighbours(node, level))
                {
                    if (neighbour >= count || (seen[neighbour / 64] & 1UL << (neighbour % 64)) != 0) continue;
                    seen[neighbour / 64] |= 1UL << (neighbour % 64);
                    maxVisits--;
                    var similarity = Similarity(vector, neighbour);
                    if (found.Count < width || similarity > found.Peek().Similarity) Visit(neighbour, similarity, toVisit, found, width, accepts);
                }
            }

            var nearest = new List<Near>(found.Count);
            while (found.TryDequeue(out var near, out _)) nearest.Add(near);
            nearest.Reverse();
            return nearest;
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(seen);
        }
    }

    private static void Visit(int node, float similarity, PriorityQueue<int, float> toVisit, PriorityQueue<Near, float> found, int width, Func<int, bool> accepts)
    {
        toVisit.Enqueue(node, -similarity);
        if (!accepts(node)) return;
        found.Enqueue(new Near(node, similarity), similarity);
        if (found.Count > width) found.Dequeue();
    }

    private void Link(int node, int to, int level)
    {
        var lists = _nodes[node];
        var (old, max) = (lists[level], level == 0 ? 2 * Links : Links);
        int[] linked = [.. old, to];
        if (linked.Length > max)
        {
            var vector = passages.Vector(node);
            var near = new List<Near>(linked.Length);
            foreach (var neighbour in linked) near.Add(new Near(neighbour, Similarity(vector, neighbour)));
            near.Sort(static (a, b) => a.Similarity != b.Similarity ? b.Similarity.CompareTo(a.Similarity) : a.Node.CompareTo(b.Node));
            linked = Choose(near, max);
        }

        Volatile.Write(ref lists[level], linked);
    }

    // Neighbours that lie in different directions: one that is nearer to a chosen one than to the passage is reached through that.
    private int[] Choose(List<Near> nearest, int max)
    {
        var chosen = new List<int>(max);
        foreach (var candidate in nearest)
        {
            if (chosen.Count == max) break;
            var vector = passages.Vector(candidate.Node);
            var isOwnDirection = true;
            foreach (var other in chosen)
            {
                if (Similarity(vector, other) <= candidate.Similarity) continue;
                isOwnDirection = false;
                break;
            }

            if (isOwnDirection) chosen.Add(candidate.Node);
        }

        return [.. chosen];
    }

    private int[] Neighbours(int node, int level) => Volatile.Read(ref _nodes[node][level]);

    private float Similarity(ReadOnlySpan<float> vector, int node) => TensorPrimitives.Dot(vector, passages.Vector(node));

    // Each level holds a sixteenth of the one below; which passages those are follows from their numbers (splitmix64).
    private static int LevelOf(int node)
    {
        var mixed = unchecked((ulong)(node + 1) * Seed);
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        return System.Numerics.BitOperations.LeadingZeroCount(mixed ^ mixed >> 31) / 4;
    }

    private sealed record Entrance(int Node, int Level);
}

/// <summary>A passage and its cosine with what was looked for.</summary>
internal readonly record struct Near(int Node, float Similarity);
