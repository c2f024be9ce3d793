using System.Buffers;
using System.Text;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Reads the words of a filter. Which characters make a word depends on the place, so the parser says what it expects.</summary>
internal sealed class PolicyScanner(string source)
{
    private static readonly SearchValues<char> EndOfName = SearchValues.Create(" \t\r\n()=<>!:,\"'");

    // Colons and dots belong to an unquoted value: 2026-11-21T10:00:00.5Z.
    private static readonly SearchValues<char> EndOfValue = SearchValues.Create(" \t\r\n()=<>!,\"'");

    private int _index;

    /// <summary>Position of the next character, from 1.</summary>
    public int Position => _index + 1;

    public bool AtEnd => _index >= source.Length;

    public char Peek() => AtEnd ? '\0' : source[_index];

    public void SkipSpace()
    {
        while (!AtEnd && source[_index] is ' ' or '\t' or '\r' or '\n') _index++;
    }

    public bool TryTake(char c)
    {
        if (AtEnd || source[_index] != c) return false;
        _index++;
        return true;
    }

    /// <summary>AND, OR and NOT are words only where a space or parenthesis follows: "NOTE = 1" begins with a name.</summary>
    public bool TryTakeKeyword(string keyword)
    {
        if (!AtKeyword(keyword)) return false;
        _index += keyword.Length;
        return true;
    }

    public bool AtKeyword(string keyword)
    {
        if (string.CompareOrdinal(source, _index, keyword, 0, keyword.Length) != 0) return false;
        var next = _index + keyword.Length;
        return next >= source.Length || source[next] is ' ' or '\t' or '\r' or '\n' or '(' or ')';
    }

    public string TakeName() => TakeRun(EndOfName);

    public string? TakeOperator()
    {
        foreach (var op in (ReadOnlySpan<string>)["<=", ">=", "!=", "=", "<", ">", ":"])
        {
            if (string.CompareOrdinal(source, _index, op, 0, op.Length) != 0) continue;
            _index += op.Length;
            return op;
        }

        return null;
    }

    /// <summary>A quoted or plain value; null where none stands, or a quote is not closed.</summary>
    public ScannedValue? TakeValue()
    {
        var position = Position;
        if (Peek() is '"' or '\'') return TakeQuoted(position);
        var text = TakeRun(EndOfValue);
        if (text.Length == 0) return null;
        var before = text.StartsWith('*');
        var after = text.Length > 1 && text.EndsWith('*');
        return new ScannedValue(text[(before ? 1 : 0)..^(after ? 1 : 0)], Quoted: false, before, after, position);
    }

    // A backslash takes the next character as it is, so that "\*" is a star and "\"" a quote.
    private ScannedValue? TakeQuoted(int position)
    {
        var quote = source[_index++];
        var text = new StringBuilder();
        bool before = false, after = false;
        for (var first = true; !AtEnd; first = false)
        {
            var c = source[_index++];
            if (c == quote) return new ScannedValue(text.ToString(), Quoted: true, before, after, position);
            if (c == '*' && first)
            {
                before = true;
            }
            else if (c == '*' && Peek() == quote)
            {
                after = true;
            }
            else if (c != '\\')
            {
                text.Append(c);
            }
            else if (!AtEnd)
            {
                text.Append(source[_index++]);
            }
        }

        return null;
    }

    private string TakeRun(SearchValues<char> end)
    {
        var length = source.AsSpan(_index).IndexOfAny(end);
        if (length < 0) length = source.Length - _index;
        var run = source.Substring(_index, length);
        _index += length;
        return run;
    }
}

/// <summary>A value as written, its wildcards taken off.</summary>
internal sealed record ScannedValue(string Text, bool Quoted, bool AnyBefore, bool AnyAfter, int Position)
{
    public bool HasWildcard => AnyBefore || AnyAfter;

    /// <summary>A lone star.</summary>
    public bool IsStar => HasWildcard && Text.Length == 0;
}
