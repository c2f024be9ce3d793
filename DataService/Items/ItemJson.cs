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

    // Stored with six digits for the sake of order, answered without trailing zeros.
    public static string Short(string timestamp)
    {
        var digits = timestamp.AsSpan(0, timestamp.Length - 1).TrimEnd('0');
        return $"{(digits[^1] == '.' ? digits[..^1] : digits)}Z";
    }
}
