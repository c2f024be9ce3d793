using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using AiMesh.DataService.Items;

namespace AiMesh.DataService.Export;

/// <summary>Writes items as one kind of file.</summary>
/// <param name="columns">In the order in which jsonb writes keys; what is not in here is not exported, whatever the database answered.</param>
/// <param name="output">Takes the bytes.</param>
internal abstract class ExportFormat(ImmutableArray<ExportColumn> columns, IBufferWriter<byte> output)
{
    protected IBufferWriter<byte> Output => output;

    protected ImmutableArray<ExportColumn> Columns => columns;

    /// <summary>What stands before the first item.</summary>
    public abstract void Begin();

    public void Write(StoredItem item)
    {
        BeginItem(item.Id);
        var reader = new Utf8JsonReader(item.Fields);
        reader.Read();
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = Find(ref reader, ref next);
            reader.Read();
            if (column is null) reader.Skip();
            else Value(column, ref reader, item.Fields);
        }

        EndItem();
    }

    protected abstract void BeginItem(string id);

    /// <summary>Takes the value at the reader, and leaves the reader at its end.</summary>
    protected abstract void Value(ExportColumn column, ref Utf8JsonReader reader, ReadOnlySpan<byte> item);

    protected abstract void EndItem();

    /// <summary>The text of the value at the reader: a list with its brackets, anything else without quotes and still escaped as JSON.</summary>
    protected static ReadOnlySpan<byte> Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> item)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return reader.ValueSpan;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return item[start..(int)reader.BytesConsumed];
    }

    /// <summary>Stored with six digits for the sake of order, answered without trailing zeros.</summary>
    protected static ReadOnlySpan<byte> Short(ReadOnlySpan<byte> timestamp, Span<byte> space)
    {
        var digits = timestamp[..^1].TrimEnd((byte)'0');
        if (digits[^1] == '.') digits = digits[..^1];
        digits.CopyTo(space);
        space[digits.Length] = (byte)'Z';
        return space[..(digits.Length + 1)];
    }

    // Both sides are in the same order, so the search goes on where it stopped.
    private ExportColumn? Find(ref Utf8JsonReader reader, ref int next)
    {
        for (var i = next; i < columns.Length; i++)
        {
            if (!reader.ValueTextEquals(columns[i].Field.Utf8Name)) continue;
            next = i + 1;
            return columns[i];
        }

        return null;
    }
}
