using System.Globalization;
using System.Text;
using AiMesh.ServiceDefaults.Policy;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Datasets;

/// <summary>SQL that makes the table of a dataset and its row-level security. Run by the owner, in the transaction of the definition.</summary>
internal static class DatasetTables
{
    private const string User = "(owner COLLATE \"C\") = ";

    public static string Create(CompiledDataset dataset) => string.Create(CultureInfo.InvariantCulture, $"""
        CREATE TABLE {dataset.Table} (
            id text COLLATE "C" PRIMARY KEY,
            fields jsonb NOT NULL,
            owner text COLLATE "C" NOT NULL,
            version bigint NOT NULL DEFAULT 1,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL);
        {FieldKeys.Change([], dataset.Indexed, dataset.Table)}
        {FieldStatistics.Change([], FieldStatistics.Of(dataset), dataset.Table)}
        ALTER TABLE {dataset.Table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {dataset.Table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON {dataset.Table} AS RESTRICTIVE USING ({Tenant(dataset)});
        CREATE POLICY owner ON {dataset.Table} TO CURRENT_USER USING (true);
        {Policies(dataset)}
        SELECT record_items_of('{dataset.Table}', {SqlText.Quote(dataset.Organisation)}, {SqlText.Quote(dataset.Definition.Id)}, {dataset.Id});
        {Search(dataset)}
        """);

    /// <summary>Makes the table of one version of a definition that of the next.</summary>
    public static string Replace(CompiledDataset former, CompiledDataset dataset)
    {
        var sql = new StringBuilder(FieldKeys.Change(former.Indexed, dataset.Indexed, dataset.Table));
        sql.Append(FieldStatistics.Change(FieldStatistics.Of(former), FieldStatistics.Of(dataset), dataset.Table));
        sql.Append(CultureInfo.InvariantCulture, $"ALTER POLICY tenant ON {dataset.Table} USING ({Tenant(dataset)});\n");
        foreach (var name in (ReadOnlySpan<string>)["read_items", "create_items", "update_items", "delete_items"])
            sql.Append(CultureInfo.InvariantCulture, $"DROP POLICY {name} ON {dataset.Table};\n");
        return sql.Append(Policies(dataset)).Append(Search(dataset)).ToString();
    }

    public static string Drop(CompiledDataset dataset) => string.Create(CultureInfo.InvariantCulture, $"SELECT search_forget({dataset.Id}); DROP TABLE {dataset.Table}");

    // Which fields are searched. Where that changes, an index is built anew in the background.
    private static string Search(CompiledDataset dataset)
    {
        var fields = dataset.Definition.Fields.Where(field => field.Searchable).Select(field => field.Name);
        var copy = dataset.Definition.SearchStore.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"SELECT search_copy({dataset.Id}, {SqlText.Quote(dataset.Definition.SearchStore)});");
        return string.Create(CultureInfo.InvariantCulture, $"""
            SELECT search_define('{dataset.Table}', {SqlText.Quote(dataset.Organisation)}, {SqlText.Quote(dataset.Definition.Id)}, {dataset.Id}, {SqlText.Quote($"{{{string.Join(',', fields)}}}")});
            {copy}
            """);
    }

    private static string Tenant(CompiledDataset dataset) => PolicySettings.Is(PolicySettings.Organisation, dataset.Organisation);

    // An action without a rule gets the policy "false", so that the four policies always exist.
    private static string Policies(CompiledDataset dataset)
    {
        var (table, update) = (dataset.Table, Condition(dataset, Action.Update));
        return $"""
            CREATE POLICY read_items ON {table} FOR SELECT USING ({Condition(dataset, Action.Read)});
            CREATE POLICY create_items ON {table} FOR INSERT WITH CHECK ({User}{PolicySettings.Read(PolicySettings.User)} AND ({Condition(dataset, Action.Create)}));
            CREATE POLICY update_items ON {table} FOR UPDATE USING ({update}) WITH CHECK ({update});
            CREATE POLICY delete_items ON {table} FOR DELETE USING ({Condition(dataset, Action.Delete)});
            """;
    }

    private static string Condition(CompiledDataset dataset, Action action)
    {
        var rules = dataset.Rules.Where(r => r.Actions.Contains(action)).Select(rule =>
        {
            var condition = PolicySql.ForRowSecurity(rule.Condition);
            return rule.ForEveryRole ? $"({condition})" : $"({PolicySettings.HasRole(rule.Roles)} AND {condition})";
        });
        return string.Join(" OR ", rules.DefaultIfEmpty("false"));
    }
}
