using System.Collections.Immutable;
using System.Net;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Decides in memory what <see cref="PolicySql"/> lets the database decide; both give the same answer for the same row.</summary>
public static class PolicyEvaluator
{
    /// <summary>Whether the expression holds for the row and caller.</summary>
    public static bool Matches(PolicyExpression expression, PolicyRow row, PolicyCaller caller)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(caller);
        return expression switch
        {
            ConstantExpression e => e.Value,
            AndExpression e => e.Terms.All(t => Matches(t, row, caller)),
            OrExpression e => e.Terms.Any(t => Matches(t, row, caller)),
            ComparisonExpression e => Compare(e, Value(e.Left, row, caller), Value(e.Right, row, caller)),
            MatchExpression e => Value(e.Subject, row, caller) is { } value && Fits(e.Pattern, value) != e.Negated,
            ContainsExpression e => Value(e.List, row, caller) is ImmutableArray<string> list
                && Value(e.Element, row, caller) is string element && list.Contains(element, StringComparer.Ordinal) != e.Negated,
            PresenceExpression e => Value(e.Subject, row, caller) is not null != e.Negated,
            NetworkExpression e => Value(e.Subject, row, caller) is IPAddress address && e.Range.Contains(address) != e.Negated,
            _ => throw new ArgumentOutOfRangeException(nameof(expression), expression, "Not a known expression."),
        };
    }

    private static object? Value(PolicyOperand operand, PolicyRow row, PolicyCaller caller) => operand switch
    {
        FieldOperand field => row.Values.GetValueOrDefault(field.Name),
        IndexOperand index => (row.Values.GetValueOrDefault(index.Name) as SealedValue)?.Index,
        AttributeOperand { Source: AttributeSource.RowOwner } => row.Owner,
        AttributeOperand attribute => caller.Value(attribute),
        LiteralOperand literal => literal.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, "Not a known operand."),
    };

    internal static bool Compare(ComparisonExpression comparison, object? left, object? right)
    {
        if (left is null || right is null) return false;
        var order = (left, right) switch
        {
            (string l, string r) => CodePointOrder.Compare(l, r),
            (long l, long r) => l.CompareTo(r),
            (double l, double r) => l.CompareTo(r),
            (bool l, bool r) => l.CompareTo(r),
            _ => throw new ArgumentException($"A value is not of the type {comparison.Left.Type} of its field.", nameof(comparison)),
        };
        return comparison.Operator switch
        {
            ComparisonOperator.Equal => order == 0,
            ComparisonOperator.NotEqual => order != 0,
            ComparisonOperator.Less => order < 0,
            ComparisonOperator.LessOrEqual => order <= 0,
            ComparisonOperator.Greater => order > 0,
            _ => order >= 0,
        };
    }

    internal static bool Fits(TextPattern pattern, object value) => value switch
    {
        string text => Fits(pattern, text),
        ImmutableArray<string> list => list.Any(text => Fits(pattern, text)),
        _ => throw new ArgumentException("A pattern was put to a value that is no text.", nameof(value)),
    };

    private static bool Fits(TextPattern pattern, string text) => pattern switch
    {
        { AnyBefore: true, AnyAfter: true } => text.Contains(pattern.Text, StringComparison.Ordinal),
        { AnyBefore: true } => text.EndsWith(pattern.Text, StringComparison.Ordinal),
        { AnyAfter: true } => text.StartsWith(pattern.Text, StringComparison.Ordinal),
        _ => text == pattern.Text,
    };
}
