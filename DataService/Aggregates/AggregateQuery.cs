using System.Collections.Immutable;
using System.Text;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Aggregates;

/// <summary>Groups of what the caller may see and the filter asks for, and what the aggregations say of each.</summary>
internal sealed record AggregateQuery(
    DatasetView View, Principal Principal, PolicyExpression Filter, ImmutableArray<ViewField> Keys, ImmutableArray<Aggregate> Aggregates, int Limit)
{
    /// <summary>Columns, as text: keys, then values. The entry of the access log, which counts the items behind them, is written by the same statement.</summary>
    public NpgsqlBatchCommand Logged()
    {
        var parameters = new SqlParameters();
        var groups = Select(parameters);
        const string Items = "(SELECT coalesce(sum(items), 0) FROM groups)";
        var log = AccessLog.Insert(AccessEntry.Of(Principal, View, "aggregate", Action.Read), Items, "", parameters);
        return RequestScope.Command($"WITH groups AS ({groups}), logged AS ({log}) SELECT * FROM groups", parameters);
    }

    private string Select(SqlParameters parameters)
    {
        var keys = Keys.Select(key => PolicySql.Field(key.Name, key.Type)).ToArray();
        var columns = keys.Concat(Aggregates.Select(a => a.Sql)).Select((sql, i) => $"({sql})::text AS c{i}");
        var text = new StringBuilder("SELECT ").AppendJoin(", ", columns).Append(", count(*) AS items FROM ").Append(View.Dataset.Table);

        // Row-level security says the same again; each holds where the other has a fault.
        text.Append(" WHERE ").Append(PolicySql.ForQuery(View.Condition(Action.Read), Principal.Caller(), parameters));
        if (Filter != PolicyExpression.Everything) text.Append(" AND ").Append(PolicySql.ForQuery(Filter, Principal.Caller(), parameters));
        if (keys.Length > 0)
        {
            text.Append(" GROUP BY ").AppendJoin(", ", keys);
            text.Append(" ORDER BY ").AppendJoin(", ", keys.Select(key => $"{key} NULLS LAST"));
            text.Append(" LIMIT ").Append(parameters.Add(Limit + 1L, PolicyType.WholeNumber));
        }

        return text.ToString();
    }
}
