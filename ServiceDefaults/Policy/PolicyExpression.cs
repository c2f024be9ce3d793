using System.Collections.Immutable;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// A filter or row rule, checked against its schema. There is no node for NOT: the parser pushes it down to the single
/// comparisons, so that every node is true or false, a comparison with an absent value is false, and so is its negation
/// (<c>a != 1</c> and <c>NOT a = 1</c> hold only where <c>a</c> has a value). A rule that forbids something therefore never
/// lets a row through because a value is missing. Only <c>a:*</c> and <c>NOT a:*</c> speak of absence itself.
/// </summary>
public abstract record PolicyExpression
{
    /// <summary>What an empty filter means.</summary>
    public static readonly PolicyExpression Everything = new ConstantExpression(true);

    /// <summary>What a role without a rule gets.</summary>
    public static readonly PolicyExpression Nothing = new ConstantExpression(false);

    private protected PolicyExpression()
    {
    }

    /// <summary>The expression of NOT over this one.</summary>
    internal abstract PolicyExpression Negate();

    /// <summary>
    /// The expression with every single comparison that uses one of the fields replaced by a constant. As NOT stands nowhere, assuming true gives a bound
    /// from above of what the expression can become, and assuming false one from below.
    /// </summary>
    /// <param name="isOpen">Says of a field's name whether its value is not known yet.</param>
    /// <param name="value">What is assumed of such comparisons.</param>
    public PolicyExpression Assume(Func<string, bool> isOpen, bool value)
    {
        ArgumentNullException.ThrowIfNull(isOpen);
        return this switch
        {
            AndExpression e => AllOf([.. e.Terms.Select(t => t.Assume(isOpen, value))]),
            OrExpression e => AnyOf([.. e.Terms.Select(t => t.Assume(isOpen, value))]),
            ComparisonExpression e when IsOpen(e.Left) || IsOpen(e.Right) => Constant(),
            MatchExpression e when IsOpen(e.Subject) => Constant(),
            ContainsExpression e when IsOpen(e.List) || IsOpen(e.Element) => Constant(),
            PresenceExpression e when IsOpen(e.Subject) => Constant(),
            NetworkExpression e when IsOpen(e.Subject) => Constant(),
            _ => this,
        };

        bool IsOpen(PolicyOperand operand) => operand is FieldOperand field && isOpen(field.Name);
        PolicyExpression Constant() => value ? Everything : Nothing;
    }

    /// <summary>True where all terms are; with no terms, everywhere.</summary>
    public static PolicyExpression AllOf(params IReadOnlyList<PolicyExpression> terms)
    {
        var flat = Flatten<AndExpression>(terms, e => e.Terms, Everything);
        return flat.Contains(Nothing) ? Nothing : flat.Length switch { 0 => Everything, 1 => flat[0], _ => new AndExpression(flat) };
    }

    /// <summary>True where at least one term is; with no terms, nowhere.</summary>
    public static PolicyExpression AnyOf(params IReadOnlyList<PolicyExpression> terms)
    {
        var flat = Flatten<OrExpression>(terms, e => e.Terms, Nothing);
        return flat.Contains(Everything) ? Everything : flat.Length switch { 0 => Nothing, 1 => flat[0], _ => new OrExpression(flat) };
    }

    private static ImmutableArray<PolicyExpression> Flatten<T>(
        IReadOnlyList<PolicyExpression> terms, Func<T, ImmutableArray<PolicyExpression>> inner, PolicyExpression neutral)
        where T : PolicyExpression =>
        [.. terms.SelectMany(t => t is T same ? inner(same) : [t]).Where(t => t != neutral)];
}

/// <summary>The same for every row.</summary>
public sealed record ConstantExpression(bool Value) : PolicyExpression
{
    internal override PolicyExpression Negate() => Value ? Nothing : Everything;
}

/// <summary>True where all terms are. At least two terms.</summary>
public sealed record AndExpression(ImmutableArray<PolicyExpression> Terms) : PolicyExpression
{
    internal override PolicyExpression Negate() => AnyOf([.. Terms.Select(t => t.Negate())]);
}

/// <summary>True where at least one term is. At least two terms.</summary>
public sealed record OrExpression(ImmutableArray<PolicyExpression> Terms) : PolicyExpression
{
    internal override PolicyExpression Negate() => AllOf([.. Terms.Select(t => t.Negate())]);
}

/// <summary>Both sides have a value, of one type, and they compare as asked.</summary>
public sealed record ComparisonExpression(PolicyOperand Left, ComparisonOperator Operator, PolicyOperand Right) : PolicyExpression
{
    internal override PolicyExpression Negate() => this with
    {
        Operator = Operator switch
        {
            ComparisonOperator.Equal => ComparisonOperator.NotEqual,
            ComparisonOperator.NotEqual => ComparisonOperator.Equal,
            ComparisonOperator.Less => ComparisonOperator.GreaterOrEqual,
            ComparisonOperator.LessOrEqual => ComparisonOperator.Greater,
            ComparisonOperator.Greater => ComparisonOperator.LessOrEqual,
            _ => ComparisonOperator.Less,
        },
    };
}

/// <summary>The text, or at least one element of the list, fits the pattern; negated: it has a value and none fits.</summary>
public sealed record MatchExpression(PolicyOperand Subject, TextPattern Pattern, bool Negated = false) : PolicyExpression
{
    internal override PolicyExpression Negate() => this with { Negated = !Negated };
}

/// <summary>The list has the element; negated: both have a value, and it has not.</summary>
public sealed record ContainsExpression(FieldOperand List, PolicyOperand Element, bool Negated = false) : PolicyExpression
{
    internal override PolicyExpression Negate() => this with { Negated = !Negated };
}

/// <summary>The operand has a value; negated: it has none. An empty text or list is a value.</summary>
public sealed record PresenceExpression(PolicyOperand Subject, bool Negated = false) : PolicyExpression
{
    internal override PolicyExpression Negate() => this with { Negated = !Negated };
}

/// <summary>The address lies in the range; negated: it is known and lies outside. In access policies only.</summary>
public sealed record NetworkExpression(PolicyOperand Subject, AddressRange Range, bool Negated = false) : PolicyExpression
{
    internal override PolicyExpression Negate() => this with { Negated = !Negated };
}

/// <summary>How two values are compared.</summary>
public enum ComparisonOperator
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c></summary>
    NotEqual,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,
}

/// <summary>Text with anything before it, after it, or both; compared by code point, case matters.</summary>
/// <param name="Text">The fixed part.</param>
/// <param name="AnyBefore">Any text may stand before it.</param>
/// <param name="AnyAfter">Any text may stand after it.</param>
public sealed record TextPattern(string Text, bool AnyBefore, bool AnyAfter);
