using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;

namespace AiMesh.DataService.Search.Ranking;

/// <summary>Cosines of the query and every passage of every candidate, the nearest passage counting: exact, whatever the index looks like.</summary>
internal static class VectorScores
{
    /// <summary>Cosines by place; NaN where a candidate has no text.</summary>
    public static void Scan(ReadOnlySpan<float> query, Candidates candidates, IReadOnlyList<FieldIndex> fields, Span<float> cosines)
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
