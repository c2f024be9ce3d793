namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Puts a caller into an expression, for compilers to query languages that know nothing of callers. What remains speaks of the row alone: the left side of each
/// comparison, and every other subject, is a field or <c>row.owner</c>. Holds for the same rows as <see cref="PolicyEvaluator"/> says of the whole.
/// </summary>
public static class PolicyBinding
{
    private static readonly PolicyRow NoRow = new(new Dictionary<string, object>(), null);

    /// <summary>The expression for this caller; what depends on the caller alone is decided.</summary>
    public static PolicyExpression Bind(PolicyExpression expression, PolicyCaller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return expression switch
        {
            ConstantExpression e => e,
            AndExpression e => PolicyExpression.AllOf([.. e.Terms.Select(term => Bind(term, caller))]),
            OrExpression e => PolicyExpression.AnyOf([.. e.Terms.Select(term => Bind(term, caller))]),
            ComparisonExpression e => Compare(e, caller),
            MatchExpression e => IsOfRow(e.Subject) ? e : Decide(e, caller),
            ContainsExpression e => Value(e.Element, caller) is { } element ? e with { Element = element } : PolicyExpression.Nothing,
            PresenceExpression e => IsOfRow(e.Subject) ? e : Decide(e, caller),
            NetworkExpression e => IsOfRow(e.Subject) ? e : Decide(e, caller),
            _ => throw new ArgumentOutOfRangeException(nameof(expression), expression, "Not a known expression."),
        };
    }

    /// <summary>Names of the fields that an expression looks at.</summary>
    public static IEnumerable<string> Fields(PolicyExpression expression) => expression switch
    {
        AndExpression e => e.Terms.SelectMany(Fields),
        OrExpression e => e.Terms.SelectMany(Fields),
        ComparisonExpression e => Fields(e.Left, e.Right),
        MatchExpression e => Fields(e.Subject),
        ContainsExpression e => Fields(e.List, e.Element),
        PresenceExpression e => Fields(e.Subject),
        NetworkExpression e => Fields(e.Subject),
        _ => [],
    };

    private static PolicyExpression Compare(ComparisonExpression comparison, PolicyCaller caller)
    {
        if (Value(comparison.Left, caller) is not { } left || Value(comparison.Right, caller) is not { } right) return PolicyExpression.Nothing;
        if (IsOfRow(left)) return comparison with { Left = left, Right = right };
        if (!IsOfRow(right)) return Decide(comparison, caller);
        return new ComparisonExpression(right, Flipped(comparison.Operator), left);
    }

    // The operand without the caller in it; null where the caller has no such value.
    private static PolicyOperand? Value(PolicyOperand operand, PolicyCaller caller) =>
        operand is not AttributeOperand { Source: not AttributeSource.RowOwner } attribute ? operand
        : caller.Value(attribute) is { } value ? new LiteralOperand(value, PolicyType.Text) : null;

    private static PolicyExpression Decide(PolicyExpression expression, PolicyCaller caller) =>
        PolicyEvaluator.Matches(expression, NoRow, caller) ? PolicyExpression.Everything : PolicyExpression.Nothing;

    private static bool IsOfRow(PolicyOperand operand) => operand is FieldOperand or AttributeOperand { Source: AttributeSource.RowOwner };

    private static IEnumerable<string> Fields(params PolicyOperand[] operands) => operands.OfType<FieldOperand>().Select(static field => field.Name);

    private static ComparisonOperator Flipped(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => op,
    };
}
