using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Export;

/// <summary>One JSON object a line (https://jsonlines.org). Values go over as the database wrote them, so they need not be read.</summary>
internal sealed class JsonLinesExport(ImmutableArray<ExportColumn> columns, string idField, IBufferWriter<byte> output) : ExportFormat(columns, output)
{
    private const long MaxExactInteger = 1L << 53;

    private bool _isFirst;

    public override void Begin()
    {
    }

    protected override void BeginItem(string id)
    {
        _isFirst = true;
        Output.Write("{"u8);
        if (idField.Length == 0) return;

        // Neither ids nor names of columns have anything to escape.
        Output.Write(Encoding.UTF8.GetBytes($"\"{idField}\":\"{id}\""));
        _isFirst = false;
    }

    protected override void Value(ExportColumn column, ref Utf8JsonReader reader, ReadOnlySpan<byte> item)
    {
        if (!_isFirst) Output.Write(","u8);
        _isFirst = false;
        Output.Write(column.JsonName);
        var isText = reader.TokenType == JsonTokenType.String
            || (column.Field.Type == PolicyType.WholeNumber && reader.TryGetInt64(out var integer) && integer is > MaxExactInteger or < -MaxExactInteger);
        if (isText) Output.Write("\""u8);
        Span<byte> space = stackalloc byte[64];
        Output.Write(column.Field.Type == PolicyType.Timestamp ? Short(reader.ValueSpan, space) : Raw(ref reader, item));
        if (isText) Output.Write("\""u8);
    }

    protected override void EndItem() => Output.Write("}\n"u8);
}
