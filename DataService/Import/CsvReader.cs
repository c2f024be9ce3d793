using System.Text;

namespace AiMesh.DataService.Import;

/// <summary>One cell. Quotes tell an empty text ("") from no value at all.</summary>
internal readonly record struct CsvCell(string Text, bool Quoted)
{
    public bool IsAbsent => Text.Length == 0 && !Quoted;
}

/// <summary>
/// Reads RFC 4180, record by record: quotes, doubled quotes, line breaks within quotes, CRLF or LF, a byte order mark, and with or without
/// a break at the end. Blank lines are no records.
/// </summary>
internal sealed class CsvReader(string source)
{
    public const int MaxColumns = 1000;

    private readonly List<CsvCell> _cells = [];
    private int _index = source.StartsWith('\uFEFF') ? 1 : 0;
    private int _nextLine = 1;

    /// <summary>The line in which the present record begins, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Cells of the present record; valid until the next is read.</summary>
    public IReadOnlyList<CsvCell> Cells => _cells;

    /// <summary>What stopped the reader, about <see cref="Line"/>; nothing after it can be told apart.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads the next record; false at the end and at a fault.</summary>
    public bool Read()
    {
        while (Fault is null && _index < source.Length)
        {
            Line = _nextLine;
            _cells.Clear();
            while (ReadCell())
            {
                if (_cells.Count < MaxColumns) continue;
                Fault = $"more than {MaxColumns} columns";
                return false;
            }

            if (Fault is null && !(_cells is [{ IsAbsent: true }])) return true;
        }

        return false;
    }

    /// <returns>Whether another cell of the record follows.</returns>
    private bool ReadCell()
    {
        var quoted = _index < source.Length && source[_index] == '"';
        var text = quoted ? ReadQuoted() : ReadPlain();
        if (text is null) return false;
        _cells.Add(new CsvCell(text, quoted));
        if (_index >= source.Length) return false;
        switch (source[_index++])
        {
            case ',':
                return true;
            case '\r' when _index < source.Length && source[_index] == '\n':
                _index++;
                _nextLine++;
                return false;
            case '\n':
                _nextLine++;
                return false;
            default:
                Fault = "expected a comma or the end of the line after the closing quote";
                return false;
        }
    }

    private string? ReadPlain()
    {
        var rest = source.AsSpan(_index);
        var length = rest.IndexOfAny(",\n\"");
        if (length < 0) length = rest.Length;
        if (length < rest.Length && rest[length] == '"')
        {
            Fault = "a quote within a cell: put the cell in quotes and double it";
            return null;
        }

        if (length > 0 && length < rest.Length && rest[length] == '\n' && rest[length - 1] == '\r') length--;
        _index += length;
        return rest[..length].ToString();
    }

    private string? ReadQuoted()
    {
        var text = new StringBuilder();
        _index++;
        while (true)
        {
            var rest = source.AsSpan(_index);
            var length = rest.IndexOf('"');
            if (length < 0)
            {
                Fault = "the quote is not closed";
                return null;
            }

            text.Append(rest[..length]);
            _nextLine += rest[..length].Count('\n');
            _index += length + 1;
            if (_index >= source.Length || source[_index] != '"') return text.ToString();
            text.Append('"');
            _index++;
        }
    }
}
