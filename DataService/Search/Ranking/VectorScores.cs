using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;

namespace AiMesh.DataService.Search.Ranking;

/// <summary>Cosines of a query and its candidates: of an item, that of its nearest passage.</summary>
internal sealed class VectorScores(GraphWorker graphs, int exactLimit)
{
    private const int MinimumWidth = 200;
    private const int VisitsPerPassage = 50;

    /// <summary>
    /// Compares the query with every passage of every candidate, exactly. Only where nothing of the fields is hidden from the caller and they are large, it
    /// goes by a graph: where in a graph one ends up depends on all that is in it, so it must hold nothing that the caller may not see.
    /// </summary>
    /// <param name="query">Of unit length.</param>
    /// <param name="candidates">What may be found.</param>
    /// <param name="fields">Where to look.</param>
    /// <param name="isAllVisible">Whether the caller sees every row of the dataset.</param>
    /// <param name="wanted">How many of the best are needed.</param>
    /// <param name="keywords">Scores by place: who has one gets a cosine as well.</param>
    /// <param name="cosines">By place; NaN where there is none, or where it is none of the best.</param>
    public void Add(
        ReadOnlySpan<float> query, Candidates candidates, IReadOnlyList<FieldIndex> fields, bool isAllVisible, int wanted, ReadOnlySpan<double> keywords, Span<float> cosines)
    {
        if (!isAllVisible || candidates.Count <= exactLimit || !TryGraphs(query, candidates, fields, wanted, cosines))
        {
            Scan(query, candidates, fields, cosines);
            return;
        }

        for (var place = 0; place < candidates.Count; place++)
            if (keywords[place] > 0 && float.IsNaN(cosines[place])) cosines[place] = Best(query, candidates.ItemAt(place), fields, candidates.Revision);
    }

    private bool TryGraphs(ReadOnlySpan<float> query, Candidates candidates, IReadOnlyList<FieldIndex> fields, int wanted, Span<float> cosines)
    {
        var width = Math.Max(MinimumWidth, 2 * wanted);
        var found = new HashSet<int>();
        var isComplete = true;
        foreach (var field in fields)
        {
            var count = field.ChunkCount;
            if (field.Graph.Count < count && count > exactLimit) graphs.Ask(field);
            var inGraph = Math.Min(count, field.Graph.Count);
            if (count - inGraph > exactLimit) return false;
            var near = field.Graph.Search(query, width, chunk => PlaceOf(field, chunk, candidates) >= 0, width * VisitsPerPassage);
            isComplete &= near.Count == width || near.Count + count - inGraph == count;
            foreach (var one in near) found.Add(PlaceOf(field, one.Node, candidates));
            for (var chunk = inGraph; chunk < count; chunk++)
                if (PlaceOf(field, chunk, candidates) is >= 0 and var place) found.Add(place);
        }

        // It gave up before it found enough of those that may be found.
        if (!isComplete) return false;
        foreach (var place in found) cosines[place] = Best(query, candidates.ItemAt(place), fields, candidates.Revision);
        return found.Count >= wanted;
    }

    private static int PlaceOf(FieldIndex field, int chunk, Candidates candidates)
    {
        var entry = field.ChunkEntries[chunk];
        return entry.IsIn(candidates.Revision) ? candidates.PlaceOf(entry.Item) : -1;
    }

    /// <summary>Cosines by place; NaN where a candidate has no text.</summary>
    private static void Scan(ReadOnlySpan<float> query, Candidates candidates, IReadOnlyList<FieldIndex> fields, Span<float> cosines)
    {
        for (var place = 0; place < candidates.Count; place++)
        {
            var item = candidates.ItemAt(place);
            cosines[place] = item < 0 ? float.NaN : Best(query, item, fields, candidates.Revision);
        }
    }

    private static float Best(ReadOnlySpan<float> query, int item, IReadOnlyList<FieldIndex> fields, long revision)
    {
        var best = float.NaN;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].EntryOf(item, revision) is not { } entry) continue;
            for (var chunk = entry.FirstChunk; chunk < entry.FirstChunk + entry.ChunkCount; chunk++)
            {
                var cosine = TensorPrimitives.Dot(query, fields[i].Vector(chunk));
                if (!(cosine <= best)) best = cosine;
            }
        }

        return best;
    }
}
