using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Ask.Sources;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AiService.Ask.Packing;

/// <summary>
/// Writes rows into a prompt, in the form that <see cref="ContextReader"/> describes. All data, names and descriptions included,
/// is JSON text without backticks: nothing in it can close the block or stand outside of it.
/// </summary>
internal static class RowsBlock
{
    // Readable for models (no escaped quotes, umlauts or signs); backticks are taken care of in Line.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Header(SourceTable table, IEnumerable<SourceField> fields) => Line(json =>
    {
        json.WriteString(ContextReader.TableKey, table.Id);
        json.WriteString("name", table.DisplayName);
        if (table.Description.Length > 0) json.WriteString("description", table.Description);
        json.WriteNumber("rows", table.Rows.Length);
        json.WriteStartObject("fields");
        foreach (var field in fields)
            json.WriteString(field.Name, field.Description.Length == 0 ? field.Type : $"{field.Type}: {field.Description}");
        json.WriteEndObject();
    });

    public static string Row(string id, SourceRow row, IEnumerable<SourceField> fields) => Line(json =>
    {
        json.WriteString(ContextReader.RowKey, id);
        foreach (var field in fields)
        {
            if (!row.Fields.Fields.TryGetValue(field.Name, out var value) || value.KindCase is Value.KindOneofCase.NullValue or Value.KindOneofCase.None) continue;
            json.WritePropertyName(field.Name);
            Write(json, value);
        }
    });

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length).Replace("`", "\\u0060", StringComparison.Ordinal);
    }

    private static void Write(Utf8JsonWriter json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.NumberValue when double.IsFinite(value.NumberValue):
                json.WriteNumberValue(value.NumberValue);
                break;
            case Value.KindOneofCase.StringValue:
                json.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.ListValue:
                json.WriteStartArray();
                foreach (var element in value.ListValue.Values)
                    Write(json, element);
                json.WriteEndArray();
                break;
            case Value.KindOneofCase.StructValue:
                json.WriteStartObject();
                foreach (var (name, element) in value.StructValue.Fields)
                {
                    json.WritePropertyName(name);
                    Write(json, element);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
