using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// Statistics over the values that row rules and filters compare. Without them the planner takes each of them for one that hardly any row passes, and for a page in
/// the order of an index it reads and sorts the whole table. They are made by ANALYZE and cost writes nothing; nobody but the planner reads them.
/// </summary>
internal static class FieldStatistics
{
    /// <summary>What ANALYZE has to do for each is read a value out of up to 30,000 rows.</summary>
    private const int Max = 24;

    public static ImmutableArray<(string Field, PolicyType Type)> Of(CompiledDataset dataset)
    {
        if (dataset.IsElsewhere) return [];
        var types = dataset.Definition.Fields.ToDictionary(f => f.Name, f => f.Type.ToPolicy(), StringComparer.Ordinal);

        // What rules compare is compared by every read, so it comes first. What is encrypted has nothing to compare.
        return [.. dataset.Rules.SelectMany(rule => PolicyBinding.Fields(rule.Condition)).Concat(dataset.Definition.Fields.Where(f => !f.Encrypted).Select(f => f.Name))
            .Distinct(StringComparer.Ordinal).Select(name => (Field: name, Type: types[name])).Where(field => field.Type != PolicyType.TextList).Take(Max)];
    }

    /// <summary>SQL that makes one set that of another.</summary>
    public static string Change(ImmutableArray<(string Field, PolicyType Type)> former, ImmutableArray<(string Field, PolicyType Type)> wanted, string table)
    {
        // Of datasets that were defined before there were any, the former set is not there.
        var sql = new StringBuilder();
        foreach (var (field, type) in former.Except(wanted)) sql.Append(CultureInfo.InvariantCulture, $"DROP STATISTICS IF EXISTS {Name(table, field, type)};\n");
        foreach (var (field, type) in wanted) sql.Append(CultureInfo.InvariantCulture, $"CREATE STATISTICS IF NOT EXISTS {Name(table, field, type)} ON ({PolicySql.Field(field, type)}) FROM {table};\n");
        return sql.ToString();
    }

    // A field's name can be as long as a name in PostgreSQL.
    private static string Name(string table, string field, PolicyType type) =>
        $"{table}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{type}:{field}")).AsSpan(0, 16))}";
}
