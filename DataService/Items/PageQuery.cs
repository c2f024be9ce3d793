using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Items;

/// <summary>A read of items: what the caller may see, of that what the filter asks, in an order, from a position on.</summary>
internal sealed record PageQuery(DatasetView View, Principal Principal)
{
    public PolicyExpression Filter { get; init; } = PolicyExpression.Everything;

    public ImmutableArray<OrderTerm> Order { get; init; } = [];

    /// <summary>Values of the last row of the previous page and its id; empty for the first page.</summary>
    public string?[] After { get; init; } = [];

    /// <summary>An item's id, where one is asked for.</summary>
    public string? Id { get; init; }

    /// <summary>Ids of items, where several are asked for.</summary>
    public string[]? Ids { get; init; }

    public int Limit { get; init; } = 1;

    /// <summary>Columns: id, visible fields, create_time, update_time, version. The entry of the access log is written by the same statement.</summary>
    /// <param name="action">For the access log.</param>
    /// <param name="counted">Most items that the entry may count: one more is read to know whether there is another page.</param>
    public NpgsqlBatchCommand Logged(string action, int counted)
    {
        var parameters = new SqlParameters();
        var page = Select(parameters);
        var count = string.Create(CultureInfo.InvariantCulture, $"least((SELECT count(*) FROM page), {counted})");
        var log = AccessLog.Insert(AccessEntry.Of(Principal, View, action, Action.Read), count, "", parameters);
        return RequestScope.Command($"WITH page AS ({page}), logged AS ({log}) SELECT * FROM page", parameters);
    }

    /// <summary>The same without an entry in the access log.</summary>
    public NpgsqlBatchCommand Unlogged()
    {
        var parameters = new SqlParameters();
        return RequestScope.Command(Select(parameters), parameters);
    }

    /// <summary>Writes an entry that counts <paramref name="items"/>, and answers the version, where the dataset still has this one; otherwise nothing.</summary>
    public NpgsqlBatchCommand Confirmed(string action, long version, long items)
    {
        var parameters = new SqlParameters();
        var state = $"SELECT dataset_version({parameters.Add(View.Dataset.Id, PolicyType.WholeNumber)}) AS version";
        var same = $"FROM state WHERE version = {parameters.Add(version, PolicyType.WholeNumber)}";
        var log = AccessLog.Insert(AccessEntry.Of(Principal, View, action, Action.Read), parameters.Add(items, PolicyType.WholeNumber), same, parameters);
        return RequestScope.Command($"WITH state AS ({state}), logged AS ({log}) SELECT version {same}", parameters);
    }

    /// <summary>Adds all that decides over the answer: what the caller sees, and the very text and values of the query.</summary>
    public void AddTo(Fingerprint fingerprint)
    {
        var parameters = new SqlParameters();
        fingerprint.Add(View).Add(Select(parameters)).Add(parameters);
    }

    private string Select(SqlParameters parameters)
    {
        var sql = new StringBuilder("SELECT id, ").Append(View.VisibleFields(Principal.Caller(), parameters)).Append(" AS fields, create_time, update_time, version FROM ").Append(View.Dataset.Table);

        // Row-level security says the same again; each holds where the other has a fault.
        var rule = View.Condition(Action.Read);
        sql.Append(" WHERE ").Append(PolicySql.ForQuery(rule, Principal.Caller(), parameters));
        if (Id is not null) sql.Append(" AND id = ").Append(parameters.Add(Id, PolicyType.Text));
        if (Ids is not null) sql.Append(" AND id = ANY(").Append(parameters.Add(Ids, PolicyType.TextList)).Append(')');
        if (Filter != PolicyExpression.Everything) sql.Append(" AND ").Append(PolicySql.ForQuery(Filter, Principal.Caller(), parameters));
        if (After.Length > 0) sql.Append(" AND ").Append(Follows(0, parameters));
        foreach (var implied in FieldKeys.Implied(View.Dataset.Indexed, PolicyExpression.AllOf(rule, Filter), Principal.Caller(), parameters)) sql.Append(" AND ").Append(implied);
        var key = Order.IsEmpty ? null : FieldKeys.Find(View.Dataset.Indexed, Order[0].Field.Name);
        if (key is not null && After.Length > 0) sql.Append(key.From(After[0], Order[0], parameters));
        sql.Append(" ORDER BY ");
        if (key is not null) sql.Append(key.Column).Append(Direction(Order[0]));
        foreach (var term in Order.Skip(key is { IsWhole: true } ? 1 : 0)) sql.Append(term.Expression).Append(Direction(term));

        // As a number: the planner takes a parameter for a tenth of the table, and would plan anew each time rather than believe that.
        return sql.Append(CultureInfo.InvariantCulture, $"id LIMIT {Limit}").ToString();
    }

    private static string Direction(OrderTerm term) => term.Descending ? " DESC NULLS LAST, " : " ASC NULLS LAST, ";

    // (a, b, id) after (x, y, z), where items without a value come last in both directions.
    private string Follows(int term, SqlParameters parameters)
    {
        if (term == Order.Length) return $"id > {parameters.Add(After[^1], PolicyType.Text)}";
        var (field, value) = (Order[term].Expression, After[term]);
        if (value is null) return $"({field} IS NULL AND {Follows(term + 1, parameters)})";
        if (!PolicyLiteral.TryParse(value, Order[term].Field.Type, out var typed)) throw new InvalidOperationException("A page token holds a value of another type.");
        var last = parameters.Add(typed, Order[term].Field.Type);
        return $"({field} {(Order[term].Descending ? '<' : '>')} {last} OR {field} IS NULL OR ({field} = {last} AND {Follows(term + 1, parameters)}))";
    }
}
