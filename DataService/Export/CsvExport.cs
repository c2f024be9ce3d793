using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Export;

/// <summary>RFC 4180 as the import reads it: no value is an empty cell, an empty text is "".</summary>
internal sealed class CsvExport(ImmutableArray<ExportColumn> columns, string idField, bool escapesFormulas, IBufferWriter<byte> output) : ExportFormat(columns, output)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\",\r\n"u8);

    // Values come in the order of jsonb and go in that of the dataset, so those of one item are kept until its end.
    private readonly (int Start, int Length)[] _cells = new (int, int)[columns.Length];
    private readonly bool[] _isText = [.. columns.OrderBy(column => column.Place).Select(column => column.Field.Type == PolicyType.Text)];
    private byte[] _values = new byte[1024];
    private int _used;

    public override void Begin()
    {
        var names = Columns.OrderBy(column => column.Place).Select(column => column.Field.Name);
        Output.Write(Encoding.UTF8.GetBytes(string.Join(',', idField.Length > 0 ? names.Prepend(idField) : names)));
        Output.Write("\r\n"u8);
    }

    protected override void BeginItem(string id)
    {
        _used = 0;
        Array.Fill(_cells, (0, -1));
        if (idField.Length == 0) return;
        Cell(Encoding.UTF8.GetBytes(id), isText: true);
        if (_cells.Length > 0) Output.Write(","u8);
    }

    protected override void Value(ExportColumn column, ref Utf8JsonReader reader, ReadOnlySpan<byte> item)
    {
        // What is unescaped is never longer.
        var needed = _used + item.Length;
        if (_values.Length < needed) Array.Resize(ref _values, Math.Max(needed, _values.Length * 2));
        var space = _values.AsSpan(_used);
        var length = 0;
        if (column.Field.Type == PolicyType.Timestamp)
        {
            length = Short(reader.ValueSpan, space).Length;
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            length = reader.CopyString(space);
        }
        else
        {
            var raw = Raw(ref reader, item);
            raw.CopyTo(space);
            length = raw.Length;
        }

        _cells[column.Place] = (_used, length);
        _used += length;
    }

    protected override void EndItem()
    {
        for (var place = 0; place < _cells.Length; place++)
        {
            if (place > 0) Output.Write(","u8);
            var (start, length) = _cells[place];
            if (length >= 0) Cell(_values.AsSpan(start, length), _isText[place]);
        }

        Output.Write("\r\n"u8);
    }

    private void Cell(ReadOnlySpan<byte> value, bool isText)
    {
        var isFormula = escapesFormulas && isText && value.Length > 0 && "=+-@\t\r"u8.Contains(value[0]);

        // Spaces at the ends are quoted because some readers trim them.
        var isQuoted = value.IsEmpty || value.ContainsAny(Special) || value[0] == ' ' || value[^1] == ' ';
        if (isQuoted) Output.Write("\""u8);
        if (isFormula) Output.Write("'"u8);
        for (int quote; isQuoted && (quote = value.IndexOf((byte)'"')) >= 0; value = value[(quote + 1)..])
        {
            Output.Write(value[..(quote + 1)]);
            Output.Write("\""u8);
        }

        Output.Write(value);
        if (isQuoted) Output.Write("\""u8);
    }
}
