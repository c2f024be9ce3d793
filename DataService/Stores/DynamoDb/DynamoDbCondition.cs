using System.Globalization;
using AiMesh.ServiceDefaults.Policy;
using Amazon.DynamoDBv2.Model;

namespace AiMesh.DataService.Stores.DynamoDb;

/// <summary>
/// Compiles expressions to DynamoDB's condition language. What that cannot say is left out, so that the condition holds for all documents that match and perhaps
/// for others. Comparisons of absent attributes are false there as well, but for &lt;&gt; and NOT, which get a test of presence.
/// </summary>
internal sealed class DynamoDbCondition
{
    // Of an expression: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    private const int MaxLength = 4096;
    private const int MaxOperators = 300;

    private readonly Dictionary<string, string> _placeholders = new(StringComparer.Ordinal);
    private int _operators;

    public Dictionary<string, string> Names { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, AttributeValue> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Null where everything has to be looked at.</summary>
    public string? Write(PolicyExpression bound)
    {
        var (names, values) = (Names.Keys.ToArray(), Values.Keys.ToArray());
        var text = Text(bound);
        if (text is null || (text.Length <= MaxLength && _operators <= MaxOperators)) return text;

        // Names and values that no expression uses are refused.
        foreach (var name in Names.Keys.Except(names).ToArray()) Names.Remove(name);
        foreach (var value in Values.Keys.Except(values).ToArray()) Values.Remove(value);
        _placeholders.Clear();
        return null;
    }

    /// <summary>Path of an attribute: "#f" stands for the map of fields.</summary>
    public string Field(string name)
    {
        if (_placeholders.TryGetValue(name, out var path)) return path;
        var placeholder = string.Create(CultureInfo.InvariantCulture, $"#{_placeholders.Count}");
        Names[placeholder] = name;
        return _placeholders[name] = $"{Attribute(DynamoDbItem.Fields)}.{placeholder}";
    }

    public string Attribute(string name)
    {
        Names[$"#{name}"] = name;
        return $"#{name}";
    }

    public string Value(AttributeValue value)
    {
        var placeholder = string.Create(CultureInfo.InvariantCulture, $":{Values.Count}");
        Values.Add(placeholder, value);
        return placeholder;
    }

    private string? Text(PolicyExpression expression)
    {
        _operators++;
        return expression switch
        {
            AndExpression e => Join(" AND ", [.. e.Terms.Select(Text).OfType<string>()]),
            OrExpression e => Any(e),
            ComparisonExpression e => Compare(e),
            MatchExpression e => Match(e),
            ContainsExpression e => Contains(e),
            PresenceExpression e => $"{(e.Negated ? "attribute_not_exists" : "attribute_exists")}({Path(e.Subject)})",
            _ => null,
        };
    }

    private string? Any(OrExpression expression)
    {
        // One term that cannot be said makes the whole unsayable; nothing of it may leave names behind, so that is found out first.
        if (!expression.Terms.All(CanSay)) return null;
        return Join(" OR ", [.. expression.Terms.Select(Text).OfType<string>()]);
    }

    private static bool CanSay(PolicyExpression expression) => expression switch
    {
        AndExpression e => e.Terms.Any(CanSay),
        OrExpression e => e.Terms.All(CanSay),
        ConstantExpression or NetworkExpression => false,
        _ => true,
    };

    private string Compare(ComparisonExpression comparison)
    {
        var path = Path(comparison.Left);
        if (comparison.Left.Type == PolicyType.Number) return CompareNumber(path, comparison);
        if (TextOrder.IsOrder(comparison.Operator) && comparison.Left.Type == PolicyType.Text && !TextOrder.IsTheSameEverywhere(comparison.Right)) return $"attribute_exists({path})";
        var test = $"{path} {Symbol(comparison.Operator)} {Operand(comparison.Right)}";
        return comparison.Operator == ComparisonOperator.NotEqual ? Both($"attribute_exists({path})", Present(comparison.Right), test) : test;
    }

    // Numbers that DynamoDB cannot keep are texts there: they may be anything.
    private string CompareNumber(string path, ComparisonExpression comparison)
    {
        if (comparison.Right is not LiteralOperand { Value: double number } literal || !DynamoDbItem.HoldsNumber(number)) return $"attribute_exists({path})";
        var test = $"{path} {Symbol(comparison.Operator)} {Operand(literal)}";
        _operators++;
        return comparison.Operator switch
        {
            ComparisonOperator.Equal => test,
            ComparisonOperator.NotEqual => Both($"attribute_exists({path})", null, test),
            _ => $"({test} OR attribute_type({path}, {Value(new AttributeValue { S = "S" })}))",
        };
    }

    private string Match(MatchExpression match)
    {
        var (path, pattern) = (Path(match.Subject), match.Pattern);

        // There is no test for the end of a text, nor for any part of the elements of a list.
        var isSayable = match.Subject.Type != PolicyType.TextList && pattern.AnyAfter && pattern.Text.Length > 0;
        if (!isSayable && (match.Negated || match.Subject.Type == PolicyType.TextList || pattern.Text.Length == 0)) return $"attribute_exists({path})";
        var value = Value(new AttributeValue { S = pattern.Text });
        var test = pattern is { AnyBefore: false, AnyAfter: true } ? $"begins_with({path}, {value})" : pattern.AnyBefore ? $"contains({path}, {value})" : $"{path} = {value}";
        return match.Negated ? Both($"attribute_exists({path})", null, $"NOT {test}") : test;
    }

    private string Contains(ContainsExpression contains)
    {
        var path = Path(contains.List);
        var test = $"contains({path}, {Operand(contains.Element)})";
        return contains.Negated ? Both($"attribute_exists({path})", Present(contains.Element), $"NOT {test}") : test;
    }

    private string Operand(PolicyOperand operand) => operand is LiteralOperand literal ? Value(DynamoDbItem.Value(literal.Value)) : Path(operand);

    private string? Present(PolicyOperand operand) => operand is LiteralOperand ? null : $"attribute_exists({Path(operand)})";

    private string Path(PolicyOperand operand) => operand is FieldOperand field ? Field(field.Name) : Attribute(DynamoDbItem.Owner);

    private static string Both(string first, string? second, string third) => second is null ? $"({first} AND {third})" : $"({first} AND {second} AND {third})";

    private static string? Join(string word, string[] terms) => terms.Length switch
    {
        0 => null,
        1 => terms[0],
        _ => $"({string.Join(word, terms)})",
    };

    private static string Symbol(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        _ => ">=",
    };
}
