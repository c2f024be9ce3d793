using System.Collections.Frozen;
using System.Collections.Immutable;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Search.Ranking;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Search;

/// <summary>A search, checked against what the caller sees.</summary>
/// <param name="Rank">What to rank by.</param>
/// <param name="Filter">What to look among.</param>
/// <param name="Fields">Searchable fields to look in, in the order of the definition.</param>
/// <param name="Mask">Fields to answer; null: all that are visible.</param>
internal sealed record SearchRequest(RankQuery Rank, PolicyExpression Filter, ImmutableArray<string> Fields, FrozenSet<string>? Mask)
{
    private const int MaxQuery = 2000;
    private const int MaxTopK = 200;
    private const int DefaultTopK = 10;
    private const double DefaultWeight = 0.5;

    public static Result<SearchRequest> Read(SearchItemsRequest request, DatasetView view)
    {
        if (request.Query.Length is 0 or > MaxQuery) return new InvalidField("query", $"expected 1 to {MaxQuery} characters");
        if (request.TopK is < 0 or > MaxTopK) return new InvalidField("top_k", $"expected 1 to {MaxTopK}, or 0 for {DefaultTopK}");
        var weight = request.HasVectorWeight ? request.VectorWeight : DefaultWeight;
        if (weight is not (>= 0 and <= 1)) return new InvalidField("vector_weight", "expected a number from 0 to 1");
        if (request.MinimumScore is not (>= 0 and <= 1)) return new InvalidField("minimum_score", "expected a number from 0 to 1");
        if (!ItemFilter.Parse(request.Filter, view).TryGet(out var filter, out var error)) return error;
        if (!FieldNames.ReadMask(request.ReadMask, view).TryGet(out var mask, out error)) return error;
        if (!FieldsOf(request, view).TryGet(out var fields, out error)) return error;
        return new SearchRequest(new RankQuery(request.Query, request.TopK == 0 ? DefaultTopK : request.TopK, weight, request.MinimumScore), filter, fields, mask);
    }

    // A field that the caller does not see is, here too, one that does not exist.
    private static Result<ImmutableArray<string>> FieldsOf(SearchItemsRequest request, DatasetView view)
    {
        var searchable = view.Definition.Fields.Where(field => field.Searchable && view.Find(field.Name) is not null).Select(static field => field.Name).ToImmutableArray();
        foreach (var name in request.Fields)
        {
            if (view.Find(name) is null) return new InvalidField("fields", $"unknown field '{(name.Length > 60 ? name[..60] : name)}'");
            if (!searchable.Contains(name)) return new InvalidField("fields", $"field '{name}' is not searchable");
        }

        if (searchable.IsEmpty) return new NotSearchable();
        return request.Fields.Count == 0 ? searchable : [.. searchable.Where(request.Fields.Contains)];
    }
}
