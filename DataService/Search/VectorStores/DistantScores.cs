using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.Ranking;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>
/// Cosines of a query and its candidates where the vectors are in a store. The store says which items may be near and nothing else: whether they may be found is decided
/// already, and they are compared by the vectors that the database has of the fields that are searched.
/// </summary>
internal sealed partial class DistantScores(VectorStoreRegistry stores, CopiedVectors vectors, IOptions<SearchOptions> options, ILogger<DistantScores> logger)
{
    private const int MinimumWidth = 100;
    private const int MaxPending = 1000;

    /// <summary>
    /// The store is asked on behalf of callers only who see every row: what an approximate index finds depends on all that is in it. For others, and where the store
    /// has not enough of those that may be found or cannot be asked, every candidate is compared.
    /// </summary>
    /// <param name="search">The query and where to look.</param>
    /// <param name="keywords">Scores by place: who has one gets a cosine as well.</param>
    /// <param name="cosines">By place; NaN where there is none, or where it is none of the best.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null, or why it cannot be done.</returns>
    public async Task<MeshError?> AddAsync(DistantSearch search, double[] keywords, float[] cosines, CancellationToken cancellationToken)
    {
        var candidates = search.Candidates;
        var (near, isLost) = search.IsAllVisible ? await NearAsync(search, cancellationToken) : (null, false);
        if (near is not null)
        {
            for (var place = 0; place < candidates.Count; place++)
                if (keywords[place] > 0) near.Add(place);
            await CompareAsync(search, near, cosines, cancellationToken);
            return null;
        }

        if (candidates.Count > options.Value.MaxScan && isLost) return new SearchStoreUnavailable();
        if (candidates.Count > options.Value.MaxScan && !search.IsAllVisible) return new IndexTooLarge();
        await CompareAsync(search, Enumerable.Range(0, candidates.Count), cosines, cancellationToken);
        return null;
    }

    // As many places as are wanted, or as there are; null where the store cannot say.
    private async Task<(HashSet<int>? Places, bool IsLost)> NearAsync(DistantSearch search, CancellationToken cancellationToken)
    {
        var candidates = search.Candidates;
        if (await vectors.StateAsync(search.Work, MaxPending + 1, cancellationToken) is not { Pending.Length: <= MaxPending } state) return (null, false);
        try
        {
            var store = stores.Of(state.Copy);
            for (var width = Math.Max(MinimumWidth, 4 * search.Wanted); ; width *= 4)
            {
                width = Math.Min(width, store.MaxResults);
                var found = await Task.WhenAll(search.Fields.Select(field => store.SearchAsync(stores.SpaceOf(state.Copy, field), search.Vector, width, cancellationToken)));
                var (places, isEnough) = (Places(state.Pending), true);
                foreach (var items in found)
                {
                    // Of each field: what is not among them is farther than as many as are wanted.
                    var near = Places(items);
                    isEnough &= near.Count >= search.Wanted || items.Count < width;
                    places.UnionWith(near);
                }

                if (isEnough) return (places.Count >= Math.Min(search.Wanted, candidates.Count) ? places : null, false);
                if (width == store.MaxResults) return (null, false);
            }
        }
        catch (Exception e) when (e is MeshException or InvalidOperationException)
        {
            Log.NotAsked(logger, state.Copy.Store, e.Message);
            return (null, true);
        }

        HashSet<int> Places(IEnumerable<string> items) => [.. items.Select(item => PlaceOf(item, candidates)).Where(static place => place >= 0)];
    }

    private async Task CompareAsync(DistantSearch search, IEnumerable<int> places, float[] cosines, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var place in places)
            if (search.Candidates.ItemAt(place) is >= 0 and var item) ids.Add(search.Candidates.Index.Ids[item]);
        await vectors.ReadAsync(search.Work, search.Candidates.Revision, ids, search.Fields, Take, cancellationToken);

        void Take(string id, float[] vector)
        {
            var place = PlaceOf(id, search.Candidates);
            var cosine = TensorPrimitives.Dot<float>(search.Vector, vector);
            if (place >= 0 && !(cosine <= cosines[place])) cosines[place] = cosine;
        }
    }

    private static int PlaceOf(string id, Candidates candidates) => candidates.Index.Find(id) is { } item ? candidates.PlaceOf(item) : -1;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The search store {Store} cannot be asked, the database's vectors are compared: {Reason}")]
        public static partial void NotAsked(ILogger logger, string store, string reason);
    }
}

/// <param name="Work">Which index.</param>
/// <param name="Candidates">What may be found.</param>
/// <param name="Fields">Names of the fields to look in; the caller sees them.</param>
/// <param name="IsAllVisible">Whether the caller sees every row of the dataset.</param>
/// <param name="Vector">Of the query, of unit length.</param>
/// <param name="Wanted">How many of the best are needed.</param>
internal sealed record DistantSearch(IndexWork Work, Candidates Candidates, string[] Fields, bool IsAllVisible, float[] Vector, int Wanted);
