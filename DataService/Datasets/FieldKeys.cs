using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// The column that stands beside the JSON of an item for a field with an index: its value, of text the beginning. A column and not an index over the JSON, because
/// under row-level security the planner uses an index for a query's own conditions only where nothing in them could tell of hidden rows (LEAKPROOF): comparisons
/// of columns can't, what reads JSON might. Conditions over it are added to those over the JSON, which decide.
/// </summary>
internal sealed record FieldKey(string Field, PolicyType Type)
{
    // Of at most four bytes each: what an entry of an index may be long is 2,704 bytes.
    private const int TextLength = 200;

    // PostgreSQL's names have 63 bytes.
    public string Column { get; } = Field.Length <= 60 ? $"k_{Field}" : $"k_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Field)).AsSpan(0, 16))}";

    /// <summary>The column is the value itself.</summary>
    public bool IsWhole => Type != PolicyType.Text;

    public string SqlType => Type switch
    {
        PolicyType.WholeNumber => "bigint",
        PolicyType.Number => "double precision",
        _ => "text COLLATE \"C\"",
    };

    /// <summary>SQL of what the column holds for a value.</summary>
    public string Of(string value) => IsWhole ? value : string.Create(CultureInfo.InvariantCulture, $"left({value}, {TextLength})");

    /// <summary>SQL, beginning with AND, of what follows for rows after a position in an order by this field; empty where nothing does.</summary>
    public string From(string? last, OrderTerm term, SqlParameters parameters)
    {
        if (last is null) return $" AND {Column} IS NULL";

        // Items without a value come last in both directions, so there is a bound only where all have one.
        if (!term.Field.Required || !PolicyLiteral.TryParse(last, Type, out var value)) return "";
        return $" AND {Column} {(term.Descending ? "<=" : ">=")} {Of(parameters.Add(value, Type))}";
    }
}

/// <summary>What the fields with an index add to the table of a dataset, and to queries over it.</summary>
internal static class FieldKeys
{
    /// <summary>Each costs a column and two indexes with every write.</summary>
    public const int MaxFields = 4;

    public static FieldKey? Find(ImmutableArray<FieldKey> keys, string field)
    {
        foreach (var key in keys)
            if (key.Field == field) return key;
        return null;
    }

    /// <summary>SQL that makes the columns and indexes of one set of keys those of another.</summary>
    public static string Change(ImmutableArray<FieldKey> former, ImmutableArray<FieldKey> wanted, string table)
    {
        var sql = new StringBuilder();
        foreach (var key in former.Except(wanted)) sql.Append(CultureInfo.InvariantCulture, $"ALTER TABLE {table} DROP COLUMN {key.Column};\n");
        foreach (var key in wanted.Except(former))
        {
            var value = key.Of(PolicySql.Field(key.Field, key.Type));
            sql.Append(CultureInfo.InvariantCulture, $"ALTER TABLE {table} ADD COLUMN {key.Column} {key.SqlType} GENERATED ALWAYS AS ({value}) STORED;\n");

            // One for each direction: read backwards, an index has the items without a value first.
            sql.Append(CultureInfo.InvariantCulture, $"CREATE INDEX ON {table} ({key.Column}, id);\nCREATE INDEX ON {table} ({key.Column} DESC NULLS LAST, id);\n");
        }

        return sql.ToString();
    }

    /// <summary>Conditions over the columns that hold wherever an expression does.</summary>
    public static IEnumerable<string> Implied(ImmutableArray<FieldKey> keys, PolicyExpression expression, PolicyCaller caller, SqlParameters parameters)
    {
        if (keys.IsEmpty) yield break;
        foreach (var term in expression is AndExpression all ? all.Terms : [expression])
        {
            if (term is not ComparisonExpression { Left: FieldOperand field } comparison || Find(keys, field.Name) is not { } key || Symbol(comparison.Operator) is not { } symbol) continue;
            var value = comparison.Right switch
            {
                LiteralOperand literal => parameters.Add(literal.Value, literal.Type),
                AttributeOperand { Source: not AttributeSource.RowOwner } attribute => parameters.Add(caller.Value(attribute), PolicyType.Text),
                _ => null,
            };
            if (value is not null) yield return $"{key.Column} {symbol} {key.Of(value)}";
        }
    }

    // Of two texts with the same beginning either may be the greater one.
    private static string? Symbol(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.Less or ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual => ">=",
        _ => null,
    };
}
