using System.Collections.Immutable;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Search.Index;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Search;

/// <summary>Which items a search may find at all, as SQL: what the caller may see, and of that what the filter admits. Row-level security says the same again.</summary>
internal sealed record SearchQuery(DatasetView View, Principal Principal, PolicyExpression Filter)
{
    public IndexWork Work => new(Principal.Organisation, View.Dataset.Id);

    /// <summary>The vectors are in memory, not in a store.</summary>
    public bool HasLocalVectors => View.Dataset.Definition.SearchStore.Length == 0;

    /// <summary>Nothing of the dataset's rows is hidden from the caller or excluded by the filter.</summary>
    public bool TakesEverything => View.Condition(Action.Read) is ConstantExpression { Value: true } && Filter is ConstantExpression { Value: true };

    /// <summary>Nothing of the dataset's rows is hidden from the caller.</summary>
    public bool SeesEveryRow => View.Condition(Action.Read) is ConstantExpression { Value: true };

    /// <summary>
    /// How far the index is, what waits to be indexed, and what may be found, all in one statement and so as of one moment. Columns: revision, ready fields,
    /// version of the dataset, ids that wait, place of the last of them in the queue, ids that may be found (NULL where the version is the known one, or everything may).
    /// </summary>
    public NpgsqlBatchCommand State(long? known, int maxPending)
    {
        var parameters = new SqlParameters();
        var dataset = parameters.Add(View.Dataset.Id, PolicyType.WholeNumber);
        var organisation = parameters.Add(Principal.Organisation, PolicyType.Text);
        var version = $"dataset_version({dataset})";
        var permitted = "NULL::text[]";
        if (!TakesEverything)
        {
            permitted = $"ARRAY(SELECT id FROM {View.Dataset.Table} WHERE {Where(parameters)})";
            if (known is { } same) permitted = $"CASE WHEN {version} = {parameters.Add(same, PolicyType.WholeNumber)} THEN NULL ELSE {permitted} END";
        }

        return RequestScope.Command(
            $"""
            SELECT i.revision, i.ready, {version},
                ARRAY(SELECT q.item_id FROM search_queue q WHERE q.dataset_id = {dataset} AND q.organisation = {organisation} LIMIT {parameters.Add((long)maxPending, PolicyType.WholeNumber)}),
                (SELECT max(q.id) FROM search_queue q WHERE q.dataset_id = {dataset} AND q.organisation = {organisation}),
                {permitted}
            FROM search_indexes i WHERE i.dataset_id = {dataset} AND i.organisation = {organisation}
            """,
            parameters);
    }

    /// <summary>The items among these that may still be found, as the caller sees them, with the entry in the access log.</summary>
    public NpgsqlBatchCommand Found(string[] ids)
    {
        var parameters = new SqlParameters();
        var found = $"""
            SELECT id, {View.VisibleFields(Principal.Caller(), parameters)} AS fields, create_time, update_time, version FROM {View.Dataset.Table}
            WHERE {Where(parameters)} AND id = ANY ({parameters.Add(ids, PolicyType.TextList)})
            """;
        var log = AccessLog.Insert(AccessEntry.Of(Principal, View, "search", Action.Read), "(SELECT count(*) FROM found)", "", parameters);
        return RequestScope.Command($"WITH found AS ({found}), logged AS ({log}) SELECT * FROM found", parameters);
    }

    /// <summary>Names the set of items that may be found: the very text and values that decide over it.</summary>
    public string Name()
    {
        var parameters = new SqlParameters();
        using var fingerprint = new Fingerprint();
        return fingerprint.Add("search").Add(View.Dataset.Id).Add(View.Dataset.Version).Add(Where(parameters)).Add(parameters)
            .Add(Principal.Organisation).Add(Principal.Roles.Order(StringComparer.Ordinal).ToImmutableArray()).ToString();
    }

    private string Where(SqlParameters parameters) =>
        $"{PolicySql.ForQuery(View.Condition(Action.Read), Principal.Caller(), parameters)} AND {PolicySql.ForQuery(Filter, Principal.Caller(), parameters)}";
}
