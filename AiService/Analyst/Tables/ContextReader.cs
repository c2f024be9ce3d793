using System.Collections.Immutable;
using System.Text.Json;

namespace AiMesh.AiService.Analyst.Tables;

/// <summary>
/// Reads the tables back out of a prompt. A block opens with a line "```rows", holds one JSON object a line and closes with "```":
/// first the header {"#table": id, "name", "rows": how many there are, "fields": {name: "type: description"}}, then the rows with
/// their ids under "#". Everything in it is JSON text, so no cell can end the block or look like an instruction of ours.
/// </summary>
internal static class ContextReader
{
    public const string Open = "```rows";
    public const string Close = "```";
    public const string RowKey = "#";
    public const string TableKey = "#table";

    /// <summary>The tables of a message, and in <paramref name="rest"/> its text without them.</summary>
    public static List<Table> Read(string message, out string rest)
    {
        var tables = new List<Table>();
        var outside = new List<string>();
        TableBuilder? builder = null;
        var inside = false;
        foreach (var line in message.AsSpan().EnumerateLines())
        {
            if (inside && line.TrimEnd().SequenceEqual(Close))
            {
                if (builder is not null)
                    tables.Add(builder.Build());
                (inside, builder) = (false, null);
            }
            else if (inside)
            {
                builder = ReadLine(line, builder, tables.Count);
            }
            else if (line.TrimEnd().SequenceEqual(Open))
            {
                inside = true;
            }
            else
            {
                outside.Add(line.ToString());
            }
        }

        if (builder is not null)
            tables.Add(builder.Build());
        rest = string.Join('\n', outside).Trim();
        return tables;
    }

    private static TableBuilder? ReadLine(ReadOnlySpan<char> line, TableBuilder? builder, int number)
    {
        if (line.IsWhiteSpace())
            return builder;

        using var json = Parse(line);
        if (json is not { RootElement: { ValueKind: JsonValueKind.Object } root })
            return builder;

        if (root.TryGetProperty(TableKey, out var id))
            return Header(root, id.ToString());

        builder ??= new TableBuilder(number == 0 ? "rows" : $"rows{number + 1}", "");
        var values = new Dictionary<string, RawValue>(StringComparer.Ordinal);
        var rowId = "";
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals(RowKey))
                rowId = property.Value.ToString();
            else
                values[property.Name] = Value(property.Value);
        }

        builder.AddRow(rowId, values);
        return builder;
    }

    private static TableBuilder Header(JsonElement root, string id)
    {
        var name = root.TryGetProperty("name", out var display) ? display.ToString() : "";
        var builder = new TableBuilder(id, name);
        if (root.TryGetProperty("rows", out var rows) && rows.TryGetInt32(out var total))
            builder.TotalRows = total;
        if (root.TryGetProperty("fields", out var fields) && fields.ValueKind is JsonValueKind.Object)
        {
            foreach (var field in fields.EnumerateObject())
            {
                var declaration = field.Value.ToString().Split(':', 2, StringSplitOptions.TrimEntries);
                builder.AddField(field.Name, declaration[0], declaration.Length > 1 ? declaration[1] : "");
            }
        }

        return builder;
    }

    private static RawValue Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? new RawValue(text) : default,
        JsonValueKind.Number => new RawValue(value.GetRawText(), value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null),
        JsonValueKind.True => new RawValue("true", null, true),
        JsonValueKind.False => new RawValue("false", null, false),
        JsonValueKind.Array => List([.. value.EnumerateArray().Where(v => v.ValueKind is not JsonValueKind.Null).Select(v => v.ToString())]),
        JsonValueKind.Object => new RawValue(value.GetRawText()),
        _ => default,
    };

    private static RawValue List(ImmutableArray<string> parts) =>
        parts.IsEmpty ? default : new RawValue(string.Join(", ", parts), null, null, parts);

    // A model's prompt is open input: what is no JSON is no row, and the rest still counts.
    private static JsonDocument? Parse(ReadOnlySpan<char> line)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(line.ToString());
        var reader = new Utf8JsonReader(bytes);
        try
        {
            return JsonDocument.TryParseValue(ref reader, out var document) ? document : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
