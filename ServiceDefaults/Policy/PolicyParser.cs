using System.Globalization;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Parser of the filter language of AIP-160 (https://google.aip.dev/160): comparisons, AND, OR, NOT and "-", parentheses; terms side
/// by side mean AND, and OR binds closer than AND. Functions and bare words are refused: a filter names the field it means.
/// </summary>
public sealed class PolicyParser
{
    /// <summary>Most characters of a filter or rule.</summary>
    public const int MaxLength = 4000;

    /// <summary>Most comparisons in a filter or rule.</summary>
    public const int MaxComparisons = 100;

    /// <summary>Most parentheses and negations inside each other.</summary>
    public const int MaxDepth = 32;

    private readonly PolicyScanner _scanner;
    private readonly RestrictionBinder _binder;
    private int _comparisons;

    private PolicyParser(string source, RestrictionBinder binder)
    {
        _scanner = new PolicyScanner(source);
        _binder = binder;
    }

    /// <summary>Parses and checks; an empty source is <see cref="PolicyExpression.Everything"/>.</summary>
    /// <returns>The expression or, where any name, type or the grammar is wrong, the errors: all wrong names and types up to the
    /// first place that is no filter at all.</returns>
    public static PolicyParseResult Parse(string source, PolicySchema schema)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(schema);
        if (source.Length > MaxLength) return new(null, [new(MaxLength + 1, $"longer than {MaxLength} characters")]);
        if (StorableText.FirstFault(source) is { } fault) return new(null, [new(fault + 1, StorableText.Expected)]);

        var binder = new RestrictionBinder(schema);
        try
        {
            var expression = new PolicyParser(source, binder).ParseAll();
            return binder.Errors.Count == 0 ? new(expression, []) : new(null, [.. binder.Errors]);
        }
        catch (SyntaxException e)
        {
            return new(null, [.. binder.Errors, e.Error]);
        }
    }

    private PolicyExpression ParseAll()
    {
        _scanner.SkipSpace();
        if (_scanner.AtEnd) return PolicyExpression.Everything;
        var expression = ParseExpression(depth: 0);
        return _scanner.AtEnd ? expression : throw Fail(_scanner.Peek() == ')' ? "')' without '('" : "expected AND, OR or the end");
    }

    // expression = factor {[AND] factor}: a sequence of AIP-160 is an AND without the word.
    private PolicyExpression ParseExpression(int depth)
    {
        var terms = new List<PolicyExpression> { ParseFactor(depth) };
        while (_scanner.TryTakeKeyword("AND") || !(_scanner.AtEnd || _scanner.Peek() == ')'))
        {
            _scanner.SkipSpace();
            terms.Add(ParseFactor(depth));
        }

        return PolicyExpression.AllOf(terms);
    }

    // factor = term {OR term}
    private PolicyExpression ParseFactor(int depth)
    {
        var terms = new List<PolicyExpression> { ParseTerm(depth) };
        while (_scanner.TryTakeKeyword("OR"))
        {
            _scanner.SkipSpace();
            terms.Add(ParseTerm(depth));
        }

        return PolicyExpression.AnyOf(terms);
    }

    // term = [NOT | "-"] (restriction | "(" expression ")")
    private PolicyExpression ParseTerm(int depth)
    {
        if (depth > MaxDepth) throw Fail($"more than {MaxDepth} levels of parentheses and NOT");
        if (_scanner.TryTakeKeyword("NOT") || _scanner.TryTake('-'))
        {
            _scanner.SkipSpace();
            return ParseTerm(depth + 1).Negate();
        }

        if (!_scanner.TryTake('(')) return ParseRestriction();
        _scanner.SkipSpace();
        var inner = ParseExpression(depth + 1);
        if (!_scanner.TryTake(')')) throw Fail("expected ')'");
        _scanner.SkipSpace();
        return inner;
    }

    private PolicyExpression ParseRestriction()
    {
        var position = _scanner.Position;
        if (_scanner.AtKeyword("AND") || _scanner.AtKeyword("OR")) throw Fail("expected a comparison before this word");
        var name = _scanner.TakeName();
        if (name.Length == 0) throw Fail("expected a field name");
        if (++_comparisons > MaxComparisons) throw Fail($"more than {MaxComparisons} comparisons", position);
        _scanner.SkipSpace();
        var op = _scanner.TakeOperator() ?? throw Fail(
            $"expected one of = != < <= > >= : after {Shown(name)} (AND, OR and NOT are written in capitals)");
        _scanner.SkipSpace();
        var quoted = _scanner.Peek() is '"' or '\'';
        var value = _scanner.TakeValue() ?? throw Fail(quoted ? "the quote is not closed" : $"expected a value after {op}");
        if (!_scanner.AtEnd && _scanner.Peek() is not (' ' or '\t' or '\r' or '\n' or ')')) throw Fail("expected a space after the value");
        _scanner.SkipSpace();
        return _binder.Bind(name, position, op, value);
    }

    private SyntaxException Fail(string message, int? position = null) => new(new PolicyError(position ?? _scanner.Position, message));

    /// <summary>A name or value as errors quote it: bounded, so that an error is never longer than it helps.</summary>
    internal static string Shown(string text) =>
        string.Create(CultureInfo.InvariantCulture, $"'{(text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…"))}'");

    // Leaves the recursion at the first place that is no filter; never seen outside Parse.
    private sealed class SyntaxException(PolicyError error) : Exception(error.Message)
    {
        public PolicyError Error { get; } = error;
    }
}
