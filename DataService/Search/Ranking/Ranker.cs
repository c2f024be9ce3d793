using System.Buffers;
using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;
using AiMesh.Embeddings;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Search.Ranking;

/// <summary>What to rank by.</summary>
internal sealed record RankQuery(string Text, int TopK, double VectorWeight, double MinimumScore);

/// <summary>An item that was found.</summary>
internal readonly record struct Hit(string Id, double Score, double VectorScore, double KeywordScore);

/// <summary>Ranks candidates by words, by meaning, or both.</summary>
internal sealed class Ranker(SentenceEmbedder embedder, VectorScores vectors)
{
    /// <summary>
    /// The best candidates: by score, equal ones by id. With words alone only items that have one are found; with a part of meaning every
    /// candidate that has text, so that there are as many as asked for.
    /// </summary>
    /// <param name="query">What to rank by.</param>
    /// <param name="candidates">What may be found.</param>
    /// <param name="fields">Where to look.</param>
    /// <param name="isAllVisible">Whether the caller sees every row of the dataset.</param>
    public List<Hit> Rank(RankQuery query, Candidates candidates, IReadOnlyList<FieldIndex> fields, bool isAllVisible)
    {
        var cosines = ArrayPool<float>.Shared.Rent(candidates.Count);
        var keywords = ArrayPool<double>.Shared.Rent(candidates.Count);
        try
        {
            Array.Fill(cosines, float.NaN, 0, candidates.Count);
            Array.Clear(keywords, 0, candidates.Count);
            if (query.VectorWeight < 1) KeywordScores.Add(query.Text, candidates, fields, keywords);
            if (query.VectorWeight > 0 && embedder.Embed(query.Text) is var vector && TensorPrimitives.Norm<float>(vector) > 0)
                vectors.Add(vector, candidates, fields, isAllVisible, query.TopK, keywords, cosines);
            return Best(query, candidates, cosines, keywords);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(cosines);
            ArrayPool<double>.Shared.Return(keywords);
        }
    }

    /// <summary>The same, with cosines from elsewhere.</summary>
    /// <param name="query">What to rank by.</param>
    /// <param name="candidates">What may be found.</param>
    /// <param name="fields">Where to look.</param>
    /// <param name="compare">Given the query's vector and the keyword scores, fills in the cosines, both by place; answers why it cannot.</param>
    public async Task<Result<List<Hit>>> RankAsync(
        RankQuery query, Candidates candidates, IReadOnlyList<FieldIndex> fields, Func<float[], double[], float[], Task<MeshError?>> compare)
    {
        var cosines = ArrayPool<float>.Shared.Rent(candidates.Count);
        var keywords = ArrayPool<double>.Shared.Rent(candidates.Count);
        try
        {
            Array.Fill(cosines, float.NaN, 0, candidates.Count);
            Array.Clear(keywords, 0, candidates.Count);
            if (query.VectorWeight < 1) KeywordScores.Add(query.Text, candidates, fields, keywords);
            if (query.VectorWeight > 0 && embedder.Embed(query.Text) is var vector && TensorPrimitives.Norm<float>(vector) > 0 && await compare(vector, keywords, cosines) is { } error) return error;
            return Best(query, candidates, cosines, keywords);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(cosines);
            ArrayPool<double>.Shared.Return(keywords);
        }
    }

    private static List<Hit> Best(RankQuery query, Candidates candidates, float[] cosines, double[] keywords)
    {
        var ids = candidates.Index.Ids;
        var best = new PriorityQueue<Hit, Hit>(Comparer<Hit>.Create(static (a, b) => Worse(a, b)));
        for (var place = 0; place < candidates.Count; place++)
        {
            if (float.IsNaN(cosines[place]) && keywords[place] == 0) continue;
            var near = cosines[place] > 0 ? Math.Min(1d, cosines[place]) : 0d;
            var score = query.VectorWeight * near + (1 - query.VectorWeight) * keywords[place];
            if (score < query.MinimumScore) continue;
            var hit = new Hit(ids[candidates.ItemAt(place)], score, near, keywords[place]);
            if (best.Count < query.TopK) best.Enqueue(hit, hit);
            else if (Worse(best.Peek(), hit) < 0) best.EnqueueDequeue(hit, hit);
        }

        var hits = new List<Hit>(best.Count);
        while (best.TryDequeue(out var hit, out _)) hits.Add(hit);
        hits.Reverse();
        return hits;
    }

    // Negative: a comes after b.
    private static int Worse(Hit a, Hit b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : string.CompareOrdinal(b.Id, a.Id);
}
