using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using KindOneofCase = Google.Protobuf.WellKnownTypes.Value.KindOneofCase;

namespace AiMesh.DataService.Items;

/// <summary>Values of items, checked against their field, in the CLR types that <see cref="PolicyType"/> names.</summary>
internal static class ItemValues
{
    public const int MaxText = 100_000;
    public const int MaxListLength = 1000;
    public const int MaxItemBytes = 1024 * 1024;

    private const long MaxExactInteger = 1L << 53;
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The value of a field in a request; null and no error where it is null.</summary>
    public static (object? Value, string? Error) Read(PolicyType type, Value value) => value.KindCase switch
    {
        KindOneofCase.None or KindOneofCase.NullValue => (null, null),
        KindOneofCase.BoolValue when type == PolicyType.Boolean => (value.BoolValue, null),
        KindOneofCase.NumberValue => Number(type, value.NumberValue),
        KindOneofCase.StringValue => Text(type, value.StringValue),
        KindOneofCase.ListValue when type == PolicyType.TextList => List(
            [.. value.ListValue.Values.Select(v => v.KindCase == KindOneofCase.StringValue ? v.StringValue : null)]),
        _ => (null, Expected(type)),
    };

    /// <summary>The value of a field in JSON; null and no error where it is null.</summary>
    public static (object? Value, string? Error) Read(PolicyType type, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return (null, null);
            case JsonValueKind.True or JsonValueKind.False when type == PolicyType.Boolean:
                return (value.GetBoolean(), null);
            case JsonValueKind.Number when type == PolicyType.WholeNumber && value.TryGetInt64(out var integer):
                return (integer, null);
            case JsonValueKind.Number:
                return Number(type, value.GetDouble());
            case JsonValueKind.String:
                return String(value) is { } text ? Text(type, text) : (null, StorableText.Expected);
            case JsonValueKind.Array when type == PolicyType.TextList:
                return value.GetArrayLength() > MaxListLength
                    ? (null, $"expected at most {MaxListLength} strings")
                    : List([.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? String(e) : null)]);
            default:
                return (null, Expected(type));
        }
    }

    /// <summary>A stored item, every field of the dataset in it.</summary>
    public static Dictionary<string, object> ReadStored(byte[] json, CompiledDataset dataset) =>
        ReadStored(json, dataset.Definition.Fields.Select(static field => KeyValuePair.Create(field.Name, field.Type.ToPolicy())));

    /// <summary>A stored item, the named fields in it.</summary>
    public static Dictionary<string, object> ReadStored(ReadOnlyMemory<byte> json, IEnumerable<KeyValuePair<string, PolicyType>> fields)
    {
        using var document = JsonDocument.Parse(json);
        return ReadStored(document.RootElement, fields);
    }

    /// <summary>A stored item, the named fields in it.</summary>
    public static Dictionary<string, object> ReadStored(JsonElement item, IEnumerable<KeyValuePair<string, PolicyType>> fields)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (name, type) in fields)
        {
            if (!item.TryGetProperty(name, out var element)) continue;
            if (element.ValueKind == JsonValueKind.Object) values.Add(name, ReadSealed(element));
            else if (Read(type, element).Value is { } value) values.Add(name, value);
        }

        return values;
    }

    /// <summary>Values as they are stored.</summary>
    public static byte[] Write(IReadOnlyDictionary<string, object> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in values)
            {
                writer.WritePropertyName(name);
                Write(writer, value);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One value as JSON.</summary>
    public static byte[] WriteValue(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) Write(writer, value);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An encrypted value as it is stored.</summary>
    public static SealedValue ReadSealed(JsonElement value) => new(
        value.GetProperty(SealedValue.KeyName).GetInt32(), value.GetProperty(SealedValue.ContentName).GetString()!,
        value.TryGetProperty(SealedValue.IndexName, out var index) ? index.GetString() : null);

    /// <summary>One value as it is stored.</summary>
    public static void Write(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.WriteStringValue(text);
                break;
            case long integer:
                writer.WriteNumberValue(integer);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case SealedValue hidden:
                writer.WriteStartObject();
                writer.WriteNumber(SealedValue.KeyName, hidden.Key);
                writer.WriteString(SealedValue.ContentName, hidden.Content);
                if (hidden.Index is { } index) writer.WriteString(SealedValue.IndexName, index);
                writer.WriteEndObject();
                break;
            case ImmutableArray<string> list:
                writer.WriteStartArray();
                foreach (var element in list) writer.WriteStringValue(element);
                writer.WriteEndArray();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value, "Not a value of a field.");
        }
    }

    private static (object?, string?) Number(PolicyType type, double number) => type switch
    {
        PolicyType.Number when double.IsFinite(number) => (number, null),
        PolicyType.WholeNumber when Math.Truncate(number) == number && Math.Abs(number) <= MaxExactInteger => ((long)number, null),
        PolicyType.WholeNumber when Math.Abs(number) > MaxExactInteger => (null, "expected a 64-bit integer, beyond 2^53 as a string of digits"),
        _ => (null, Expected(type)),
    };

    /// <summary>A value written as text: in CSV, or in JSON where its type is kept as text.</summary>
    private static (object?, string?) Text(PolicyType type, string text)
    {
        if (type is PolicyType.Boolean or PolicyType.Number or PolicyType.TextList) return (null, Expected(type));
        if (text.Length > MaxText) return (null, string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxText} characters"));
        if (StorableText.FirstFault(text) is not null) return (null, StorableText.Expected);
        return PolicyLiteral.TryParse(text, type, out var value) ? (value, null) : (null, Expected(type));
    }

    public static (object? Value, string? Error) List(string?[] elements)
    {
        if (elements.Length > MaxListLength) return (null, $"expected at most {MaxListLength} strings");
        if (elements.Any(e => e is null)) return (null, Expected(PolicyType.TextList));
        if (elements.Any(e => e!.Length > MaxText)) return (null, string.Create(CultureInfo.InvariantCulture, $"expected strings of at most {MaxText} characters"));
        return elements.Any(e => StorableText.FirstFault(e) is not null) ? (null, StorableText.Expected) : (ImmutableArray.Create(elements!), null);
    }

    public static string Expected(PolicyType type) => $"expected {PolicyLiteral.Describe(type)}";

    // An escaped lone surrogate is valid JSON, but no text.
    private static string? String(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
