using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.Ranking;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.DataService.Search;

/// <summary>Answers searches: what may be found is decided first, by the database; then that is ranked; then the database answers the items, and decides again.</summary>
internal sealed class ItemSearch(DatasetCatalog catalog, SearchStore store, SearchSnapshots snapshots, Ranker ranker, DistantScores distant)
{
    private const int Attempts = 3;

    public Task<Result<SearchItemsResponse>> SearchAsync(Principal principal, SearchItemsRequest request, CancellationToken cancellationToken) =>
        catalog.UseAsync<SearchItemsResponse>(principal, request.Dataset, async view =>
        {
            if (view.Dataset.IsElsewhere) return StoreLacks.This;
            if (!SearchRequest.Read(request, view).TryGet(out var wanted, out var error)) return error;
            var query = new SearchQuery(view, principal, wanted.Filter);
            for (var attempt = 1; ; attempt++)
            {
                if (!(await snapshots.TakeAsync(query, cancellationToken)).TryGet(out var snapshot, out error)) return error;
                string[] names = [.. wanted.Fields.Where(snapshot.Ready.Contains)];
                if (names.Length == 0) return new IndexBuilding();
                FieldIndex[] fields = [.. names.Select(snapshot.Candidates.Index.Field).OfType<FieldIndex>()];
                if (!(await RankAsync(wanted.Rank, query, snapshot.Candidates, fields, names, cancellationToken)).TryGet(out var hits, out error)) return error;
                var items = await store.FindAsync(query, [.. hits.Select(static hit => hit.Id)], cancellationToken);

                // Some were deleted or hidden since: others take their places.
                if (items.Count == hits.Count || attempt == Attempts) return Answer(hits, items, view, wanted, names);
            }
        }, cancellationToken);

    private async Task<Result<List<Hit>>> RankAsync(RankQuery rank, SearchQuery query, Candidates candidates, FieldIndex[] fields, string[] names, CancellationToken cancellationToken)
    {
        if (query.HasLocalVectors) return ranker.Rank(rank, candidates, fields, query.SeesEveryRow);
        return await ranker.RankAsync(
            rank, candidates, fields,
            (vector, keywords, cosines) => distant.AddAsync(new DistantSearch(query.Work, candidates, names, query.SeesEveryRow, vector, rank.TopK), keywords, cosines, cancellationToken));
    }

    private static SearchItemsResponse Answer(List<Hit> hits, Dictionary<string, StoredItem> items, DatasetView view, SearchRequest wanted, string[] fields)
    {
        var highlighter = new Highlighter(wanted.Rank.Text);
        var response = new SearchItemsResponse();
        foreach (var hit in hits)
        {
            if (!items.TryGetValue(hit.Id, out var item)) continue;
            response.Matches.Add(new SearchItemsResponse.Types.Match
            {
                Item = ItemReader.ToItem(item, view, wanted.Mask),
                Score = hit.Score,
                VectorScore = hit.VectorScore,
                KeywordScore = hit.KeywordScore,
                Highlights = { highlighter.Of(ItemJson.ToStruct(item.Fields, view, mask: null), fields) },
            });
        }

        return response;
    }
}
