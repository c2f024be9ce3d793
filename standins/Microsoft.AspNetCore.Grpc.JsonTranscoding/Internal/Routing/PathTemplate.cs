using System.Buffers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Routing;

internal enum SegmentKind
{
    Literal,

    /// <summary><c>*</c>: exactly one segment.</summary>
    One,

    /// <summary><c>**</c>: all segments that are left.</summary>
    Many,
}

internal readonly record struct PathSegment(SegmentKind Kind, string Text);

/// <summary>A field that takes the segments from <paramref name="Start"/> up to, but not including, <paramref name="End"/>.</summary>
internal sealed record PathVariable(string FieldPath, int Start, int End);

/// <summary>
/// A parsed <c>google.api.http</c> path, such as <c>/v1/{name=shelves/*}/books:import</c>. Its grammar stands in
/// https://github.com/googleapis/googleapis/blob/master/google/api/http.proto.
/// </summary>
internal sealed class PathTemplate
{
    private static readonly SearchValues<char> Reserved = SearchValues.Create("/{}=*:");

    private readonly List<PathSegment> _segments = [];
    private readonly List<PathVariable> _variables = [];
    private readonly string _text;
    private int _position;

    private PathTemplate(string text) => _text = text;

    public IReadOnlyList<PathSegment> Segments => _segments;

    public IReadOnlyList<PathVariable> Variables => _variables;

    /// <summary>The part after the last colon, such as <c>import</c>.</summary>
    public string? Verb { get; private set; }

    public override string ToString() => _text;

    /// <exception cref="InvalidOperationException">The text does not follow the grammar.</exception>
    public static PathTemplate Parse(string text)
    {
        var template = new PathTemplate(text);
        template.ParseAll();
        return template;
    }

    private void ParseAll()
    {
        Expect('/');
        do
        {
            if (Take('{'))
                ParseVariable();
            else
                ParseSegment();
        }
        while (Take('/'));

        if (Take(':'))
            Verb = ParseLiteral();
        if (_position < _text.Length)
            throw Error($"'{_text[_position]}' is not expected");
        var many = _segments.FindIndex(segment => segment.Kind == SegmentKind.Many);
        if (many >= 0 && _segments.Skip(many + 1).Any(segment => segment.Kind != SegmentKind.Literal))
            throw Error("only literals may follow '**'");
    }

    private void ParseVariable()
    {
        var path = ParseLiteral();
        var start = _segments.Count;
        if (Take('='))
        {
            do
                ParseSegment();
            while (Take('/'));
        }
        else
        {
            _segments.Add(new PathSegment(SegmentKind.One, "*"));
        }

        Expect('}');
        if (_variables.Exists(variable => variable.FieldPath == path))
            throw Error($"'{path}' is bound more than once");
        _variables.Add(new PathVariable(path, start, _segments.Count));
    }

    private void ParseSegment()
    {
        if (Take('*'))
            _segments.Add(Take('*') ? new PathSegment(SegmentKind.Many, "**") : new PathSegment(SegmentKind.One, "*"));
        else
            _segments.Add(new PathSegment(SegmentKind.Literal, ParseLiteral()));
    }

    private string ParseLiteral()
    {
        var rest = _text.AsSpan(_position);
        var length = rest.IndexOfAny(Reserved);
        if (length < 0)
            length = rest.Length;
        if (length == 0)
            throw Error("a name is expected");
        _position += length;
        return rest[..length].ToString();
    }

    private bool Take(char expected)
    {
        if (_position >= _text.Length || _text[_position] != expected)
            return false;
        _position++;
        return true;
    }

    private void Expect(char expected)
    {
        if (!Take(expected))
            throw Error($"'{expected}' is expected");
    }

    private InvalidOperationException Error(string problem) =>
        new($"The path template '{_text}' is not valid: {problem} at position {_position}.");
}
