using System.Globalization;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores.Cosmos;

/// <summary>
/// Compiles expressions to conditions of Cosmos DB's SQL. Comparisons with what is not there are "undefined", which counts as false, and stays that under NOT. What
/// cannot be said exactly is said more widely.
/// </summary>
internal sealed class CosmosCondition
{
    public JsonArray Parameters { get; } = [];

    public string Parameter(JsonNode value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"@p{Parameters.Count}");
        Parameters.Add(new JsonObject { ["name"] = name, ["value"] = value });
        return name;
    }

    /// <summary>Null where everything has to be looked at.</summary>
    public string? Write(PolicyExpression bound) => Write(bound, isInAnd: true);

    // Parentheses only around OR within AND.
    private string? Write(PolicyExpression expression, bool isInAnd) => expression switch
    {
        AndExpression e => e.Terms.Select(term => Write(term, isInAnd: true)).OfType<string>().ToArray() is { Length: > 0 } terms ? string.Join(" AND ", terms) : null,
        OrExpression e => e.Terms.Select(term => Write(term, isInAnd: false)).ToArray() is var terms && terms.Contains(null) ? null : Any(terms!, isInAnd),
        ComparisonExpression e => Compare(e, isInAnd),
        MatchExpression e => Match(e),
        ContainsExpression e => Contains(e),
        PresenceExpression e => $"{(e.Negated ? "NOT " : "")}IS_DEFINED({Path(e.Subject)})",
        _ => null,
    };

    private string Compare(ComparisonExpression comparison, bool isInAnd)
    {
        var (path, right) = (Path(comparison.Left), comparison.Right);
        if (TextOrder.IsOrder(comparison.Operator) && comparison.Left.Type == PolicyType.Text && !TextOrder.IsTheSameEverywhere(right)) return $"IS_DEFINED({path})";
        var test = $"{path} {Symbol(comparison.Operator)} {Operand(right)}";
        if (comparison.Left.Type != PolicyType.WholeNumber) return test;

        // Integers beyond 2^53 are texts there.
        var isText = right is LiteralOperand { Value: long integer } && !CosmosDocument.HoldsInteger(integer);
        if (comparison.Operator == ComparisonOperator.Equal) return test;
        if (isText) return $"IS_DEFINED({path})";
        return Any([test, $"IS_STRING({path})"], isInAnd);
    }

    private string Match(MatchExpression match)
    {
        var (path, pattern) = (Path(match.Subject), match.Pattern);
        if (match.Subject.Type == PolicyType.TextList || pattern.Text.Length == 0) return $"IS_DEFINED({path})";
        var value = Parameter(pattern.Text);
        var test = pattern switch
        {
            { AnyBefore: true, AnyAfter: true } => $"CONTAINS({path}, {value})",
            { AnyBefore: true } => $"ENDSWITH({path}, {value})",
            { AnyAfter: true } => $"STARTSWITH({path}, {value})",
            _ => $"{path} = {value}",
        };
        return match.Negated ? $"IS_DEFINED({path}) AND NOT {test}" : test;
    }

    private string Contains(ContainsExpression contains)
    {
        var path = Path(contains.List);
        var test = $"ARRAY_CONTAINS({path}, {Operand(contains.Element)})";
        return contains.Negated ? $"IS_DEFINED({path}) AND NOT {test}" : test;
    }

    private string Operand(PolicyOperand operand) => operand is LiteralOperand literal ? Parameter(CosmosDocument.Value(literal.Value)) : Path(operand);

    // Names of fields are letters, digits and "_"; in brackets none of them is a word of the language.
    private static string Path(PolicyOperand operand) => operand is FieldOperand field ? $"c.f[\"{field.Name}\"]" : "c.o";

    private static string Any(string[] terms, bool isInAnd) => isInAnd ? $"({string.Join(" OR ", terms)})" : string.Join(" OR ", terms);

    private static string Symbol(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "!=",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        _ => ">=",
    };
}
