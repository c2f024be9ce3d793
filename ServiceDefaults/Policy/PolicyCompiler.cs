using System.Collections.Immutable;
using System.Net;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Turns expressions into delegates, for what is decided often and written seldom. They give the same answers as <see cref="PolicyEvaluator"/>.
/// </summary>
public static class PolicyCompiler
{
    /// <summary>Compiles an expression.</summary>
    /// <typeparam name="T">What it is about.</typeparam>
    /// <param name="expression">Any expression.</param>
    /// <param name="read">Gives, once for each operand that is no literal, what reads its value (null: absent) in the CLR type that <see cref="PolicyType"/> names.</param>
    public static Func<T, bool> Compile<T>(PolicyExpression expression, Func<PolicyOperand, Func<T, object?>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        switch (expression)
        {
            case ConstantExpression { Value: var value }:
                return _ => value;
            case AndExpression e:
                var all = Terms(e.Terms, read);
                return subject => Array.TrueForAll(all, term => term(subject));
            case OrExpression e:
                var any = Terms(e.Terms, read);
                return subject => Array.Exists(any, term => term(subject));
            case ComparisonExpression e:
                var (left, right) = (Reader(e.Left, read), Reader(e.Right, read));
                return subject => PolicyEvaluator.Compare(e, left(subject), right(subject));
            case MatchExpression e:
                var text = Reader(e.Subject, read);
                return subject => text(subject) is { } value && PolicyEvaluator.Fits(e.Pattern, value) != e.Negated;
            case ContainsExpression e:
                var (list, element) = (Reader(e.List, read), Reader(e.Element, read));
                return subject => list(subject) is ImmutableArray<string> values && element(subject) is string wanted
                    && values.Contains(wanted, StringComparer.Ordinal) != e.Negated;
            case PresenceExpression e:
                var something = Reader(e.Subject, read);
                return subject => something(subject) is not null != e.Negated;
            case NetworkExpression e:
                var address = Reader(e.Subject, read);
                return subject => address(subject) is IPAddress value && e.Range.Contains(value) != e.Negated;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression, "Not a known expression.");
        }
    }

    private static Func<T, bool>[] Terms<T>(ImmutableArray<PolicyExpression> terms, Func<PolicyOperand, Func<T, object?>> read) =>
        [.. terms.Select(term => Compile(term, read))];

    private static Func<T, object?> Reader<T>(PolicyOperand operand, Func<PolicyOperand, Func<T, object?>> read) =>
        operand is LiteralOperand { Value: var value } ? _ => value : read(operand);
}
