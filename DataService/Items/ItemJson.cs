using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.DataService.Items;

/// <summary>Turns what the database answers into what callers get, in one pass over the bytes.</summary>
internal static class ItemJson
{
    // Doubles hold every integer up to here; beyond it JSON gets a string of digits, as the contract says.
    private const long MaxExactInteger = 1L << 53;

    /// <param name="json">A JSON object as jsonb prints it: keys by length, then by bytes.</param>
    /// <param name="view">Fields that are not in it are left out, whatever the database answered.</param>
    /// <param name="mask">Names to keep, or null for all.</param>
    public static Struct ToStruct(ReadOnlySpan<byte> json, DatasetView view, FrozenSet<string>? mask)
    {
        var result = new Struct();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Find(ref reader, view, ref next);
            reader.Read();
            if (field is null || mask?.Contains(field.Name) == false) reader.Skip();
            else result.Fields.Add(field.Name, ToValue(ref reader, field.Type));
        }

        return result;
    }

    /// <summary>As the Struct of <see cref="ToStruct"/> is written, without making one.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> json, DatasetView view, FrozenSet<string>? mask)
    {
        writer.WriteStartObject();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Find(ref reader, view, ref next);
            reader.Read();
            if (field is null || mask?.Contains(field.Name) == false)
            {
                reader.Skip();
                continue;
            }

            writer.WritePropertyName(field.JsonName);
            WriteValue(writer, ref reader, field.Type);
        }

        writer.WriteEndObject();
    }

    /// <summary>Values of an order's fields as page tokens carry them.</summary>
    public static string?[] Position(ReadOnlySpan<byte> json, IReadOnlyList<OrderTerm> order, string id)
    {
        var position = new string?[order.Count + 1];
        position[^1] = id;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = -1;
            for (var i = 0; i < order.Count; i++) if (reader.ValueTextEquals(order[i].Field.Utf8Name)) at = i;
            reader.Read();
            if (at < 0) reader.Skip();
            else position[at] = reader.TokenType is JsonTokenType.String ? reader.GetString() : Encoding.UTF8.GetString(reader.ValueSpan);
        }

        return position;
    }

    // Both sides are in the same order, so the search goes on where it stopped.
    private static ViewField? Find(ref Utf8JsonReader reader, DatasetView view, ref int next)
    {
        for (var i = next; i < view.Shown.Length; i++)
        {
            if (!reader.ValueTextEquals(view.Shown[i].Utf8Name)) continue;
            next = i + 1;
            return view.Shown[i];
        }

        return null;
    }

    private static Value ToValue(ref Utf8JsonReader reader, PolicyType type)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when type == PolicyType.WholeNumber && reader.GetInt64() is var integer && (integer > MaxExactInteger || integer < -MaxExactInteger):
                return Value.ForString(integer.ToString(CultureInfo.InvariantCulture));
            case JsonTokenType.Number:
                return Value.ForNumber(reader.GetDouble());
            case JsonTokenType.True or JsonTokenType.False:
                return Value.ForBool(reader.GetBoolean());
            case JsonTokenType.StartArray:
                var list = new ListValue();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Values.Add(Value.ForString(reader.GetString()));
                return new Value { ListValue = list };
            default:
                var text = reader.GetString()!;
                return Value.ForString(type == PolicyType.Timestamp ? Short(text) : text);
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, ref Utf8JsonReader reader, PolicyType type)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when IsPlain(reader.ValueSpan, type):
                writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                break;
            case JsonTokenType.Number when type == PolicyType.WholeNumber && reader.GetInt64() is var integer && (integer > MaxExactInteger || integer < -MaxExactInteger):
                writer.WriteStringValue(reader.ValueSpan);
                break;
            case JsonTokenType.Number:
                writer.WriteNumberValue(reader.GetDouble());
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.WriteBooleanValue(reader.GetBoolean());
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) WriteText(writer, ref reader);
                writer.WriteEndArray();
                break;
            case var _ when type == PolicyType.Timestamp:
                writer.WriteStringValue(Short(reader.GetString()!));
                break;
            default:
                WriteText(writer, ref reader);
                break;
        }
    }

    private static void WriteText(Utf8JsonWriter writer, ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped) writer.WriteStringValue(reader.GetString());
        else writer.WriteStringValue(reader.ValueSpan);
    }

    // Whether a double is written with the very digits that it was stored with: there are at most 15 of them, none to spare, and no exponent is due.
    private static bool IsPlain(ReadOnlySpan<byte> number, PolicyType type)
    {
        if (number.Length > 15) return false;
        var point = type == PolicyType.Number ? number.IndexOf((byte)'.') : -1;
        if (point < 0) return IsDigits(number);
        return number[^1] != '0' && !number.StartsWith("0.0"u8) && IsDigits(number[..point]) && IsDigits(number[(point + 1)..]);
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    // Stored with six digits for the sake of order, answered without trailing zeros.
    public static string Short(string timestamp)
    {
        var digits = timestamp.AsSpan(0, timestamp.Length - 1).TrimEnd('0');
        return $"{(digits[^1] == '.' ? digits[..^1] : digits)}Z";
    }
}
