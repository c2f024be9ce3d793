using System.Collections.Immutable;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Function = AiMesh.Data.V1.AggregateItemsRequest.Types.Function;

namespace AiMesh.DataService.Aggregates;

/// <summary>Answers counts, sums, averages and extremes over what the caller sees.</summary>
internal sealed class ItemAggregator(DatasetCatalog catalog, NpgsqlDataSource dataSource)
{
    private const int MaxKeys = 3;
    private const int MaxAggregates = 10;
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 10_000;

    public Task<Result<AggregateItemsResponse>> AggregateAsync(Principal principal, AggregateItemsRequest request, CancellationToken cancellationToken) =>
        catalog.UseAsync<AggregateItemsResponse>(principal, request.Dataset, async view =>
        {
            if (view.Dataset.IsElsewhere) return StoreLacks.This;
            if (request.Limit is < 0 or > MaxLimit) return new InvalidField("limit", $"expected 1 to {MaxLimit}, or 0 for {DefaultLimit}");
            if (!ItemFilter.Parse(request.Filter, view).TryGet(out var filter, out var error)) return error;
            if (!Keys(request, view).TryGet(out var keys, out error)) return error;
            if (!Aggregates(request, view).TryGet(out var aggregates, out error)) return error;
            return await ReadAsync(new AggregateQuery(view, principal, filter, keys, aggregates, request.Limit == 0 ? DefaultLimit : request.Limit), cancellationToken);
        }, cancellationToken);

    private async Task<AggregateItemsResponse> ReadAsync(AggregateQuery query, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));
        batch.BatchCommands.Add(query.Logged());
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var response = new AggregateItemsResponse();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (response.Groups.Count == query.Limit) response.Truncated = true;
            else response.Groups.Add(Group(query, reader));
        }

        return response;
    }

    private static AggregateItemsResponse.Types.Group Group(AggregateQuery query, NpgsqlDataReader reader)
    {
        var group = new AggregateItemsResponse.Types.Group { Key = new Struct() };
        for (var i = 0; i < query.Keys.Length; i++)
        {
            if (Text(i) is { } text) group.Key.Fields.Add(query.Keys[i].Name, AggregateValue.Read(text, query.Keys[i].Type));
        }

        for (var i = 0; i < query.Aggregates.Length; i++) group.Values.Add(AggregateValue.Read(Text(query.Keys.Length + i), query.Aggregates[i].Type));
        return group;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    private static Result<ImmutableArray<ViewField>> Keys(AggregateItemsRequest request, DatasetView view)
    {
        if (request.GroupBy.Count > MaxKeys) return new InvalidField("group_by", $"expected at most {MaxKeys} fields");
        var keys = ImmutableArray.CreateBuilder<ViewField>();
        foreach (var name in request.GroupBy)
        {
            if (view.Find(name) is not { } field) return new InvalidField("group_by", ItemFilter.Unknown(name, view));
            if (field.Type == PolicyType.TextList) return new InvalidField("group_by", $"field '{field.Name}' is a list of strings");
            if (keys.Contains(field)) return new InvalidField("group_by", $"field '{field.Name}' is named twice");
            keys.Add(field);
        }

        return keys.ToImmutable();
    }

    private static Result<ImmutableArray<Aggregate>> Aggregates(AggregateItemsRequest request, DatasetView view)
    {
        if (request.Aggregations.Count is 0 or > MaxAggregates) return new InvalidField("aggregations", $"expected 1 to {MaxAggregates}");
        var violations = new List<FieldViolation>();
        var aggregates = ImmutableArray.CreateBuilder<Aggregate>();
        for (var i = 0; i < request.Aggregations.Count; i++)
        {
            var (wanted, path) = (request.Aggregations[i], string.Create(CultureInfo.InvariantCulture, $"aggregations[{i}]"));
            var field = view.Find(wanted.Field);
            if (wanted.Function == Function.Unspecified || !System.Enum.IsDefined(wanted.Function))
                violations.Add(new FieldViolation($"{path}.function", "expected COUNT, SUM, AVERAGE, MIN or MAX"));
            else if (field is null && wanted.Field.Length > 0)
                violations.Add(new FieldViolation($"{path}.field", ItemFilter.Unknown(wanted.Field, view)));
            else if (Aggregate.Fault(wanted.Function, field) is { } fault)
                violations.Add(new FieldViolation($"{path}.field", fault));
            else
                aggregates.Add(new Aggregate(wanted.Function, field));
        }

        return violations.Count == 0 ? aggregates.ToImmutable() : new InvalidFields([.. violations]);
    }
}
