using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>
/// Writes messages by the protobuf JSON mapping (https://protobuf.dev/programming-guides/json/). Google.Protobuf's own
/// JsonFormatter always writes 64-bit integers as strings and works on text; this follows <see cref="GrpcJsonSettings"/> and
/// writes UTF-8.
/// </summary>
/// <param name="settings">How.</param>
/// <param name="findType">Gives the types that may stand in an Any by their full names; null if unknown.</param>
internal sealed class JsonMessageWriter(GrpcJsonSettings settings, Func<string, MessageDescriptor?> findType)
{
    public void Write(Utf8JsonWriter writer, IMessage message)
    {
        var shape = MessageShape.Of(message.Descriptor);
        switch (shape.WellKnown)
        {
            case WellKnownType.None:
                writer.WriteStartObject();
                WriteFields(writer, message, shape);
                writer.WriteEndObject();
                break;
            case WellKnownType.Any:
                WriteAny(writer, (Any)message);
                break;
            case WellKnownType.Timestamp:
                writer.WriteStringValue(TimeText.Format((Timestamp)message));
                break;
            case WellKnownType.Duration:
                writer.WriteStringValue(TimeText.Format((Duration)message));
                break;
            case WellKnownType.FieldMask:
                writer.WriteStringValue(FieldMaskText.Format((FieldMask)message));
                break;
            case WellKnownType.Wrapper:
                WriteSingle(writer, shape.Fields[0], shape.Fields[0].Accessor.GetValue(message));
                break;
            default:
                StructJson.Write(writer, message);
                break;
        }
    }

    /// <summary>Writes the value of one field, which may be a list or a map.</summary>
    public void WriteField(Utf8JsonWriter writer, IMessage message, FieldDescriptor field) =>
        WriteValue(writer, MessageShape.Of(field.ContainingType).Find(field.Name)!, field.Accessor.GetValue(message));

    private void WriteFields(Utf8JsonWriter writer, IMessage message, MessageShape shape)
    {
        foreach (var field in shape.Fields)
        {
            if (field.HasPresence && !field.Accessor.HasValue(message))
                continue;
            var value = field.Accessor.GetValue(message);
            if (!field.HasPresence && settings.IgnoreDefaultValues && IsDefault(value))
                continue;
            writer.WritePropertyName(field.JsonName);
            WriteValue(writer, field, value);
        }
    }

    private void WriteValue(Utf8JsonWriter writer, FieldShape field, object? value)
    {
        if (field.Field.IsMap)
            WriteMap(writer, field, (IDictionary)value!);
        else if (field.Field.IsRepeated)
            WriteList(writer, field, (IList)value!);
        else
            WriteSingle(writer, field, value);
    }

    private void WriteList(Utf8JsonWriter writer, FieldShape field, IList list)
    {
        writer.WriteStartArray();
        foreach (var item in list)
            WriteSingle(writer, field, item);
        writer.WriteEndArray();
    }

    private void WriteMap(Utf8JsonWriter writer, FieldShape field, IDictionary map)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            writer.WritePropertyName(entry.Key switch
            {
                string text => text,
                bool truth => truth ? "true" : "false",
                var number => Convert.ToString(number, CultureInfo.InvariantCulture)!,
            });
            WriteSingle(writer, field.Value, entry.Value);
        }

        writer.WriteEndObject();
    }

    private void WriteSingle(Utf8JsonWriter writer, FieldShape field, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case long number when settings.WriteInt64sAsStrings:
                writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case ulong number when settings.WriteInt64sAsStrings:
                writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case uint number:
                writer.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case float number:
                writer.WriteStringValue(NotFinite(number));
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteStringValue(NotFinite(number));
                break;
            case ByteString bytes:
                writer.WriteBase64StringValue(bytes.Span);
                break;
            case IMessage message:
                Write(writer, message);
                break;
            default:
                WriteInt32OrEnum(writer, field.IsWrapper ? field.Value : field, (int)value);
                break;
        }
    }

    private void WriteInt32OrEnum(Utf8JsonWriter writer, FieldShape field, int number)
    {
        if (field.IsNullValue)
            writer.WriteNullValue();
        else if (field.Field.FieldType != FieldType.Enum || settings.WriteEnumsAsIntegers || field.Field.EnumType.FindValueByNumber(number) is not { } named)
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(named.Name);
    }

    private void WriteAny(Utf8JsonWriter writer, Any any)
    {
        writer.WriteStartObject();
        if (any.TypeUrl.Length > 0)
        {
            var descriptor = findType(Any.GetTypeName(any.TypeUrl))
                ?? throw new InvalidOperationException($"Type registry has no descriptor for type name '{Any.GetTypeName(any.TypeUrl)}'.");
            var message = descriptor.Parser.ParseFrom(any.Value);
            var shape = MessageShape.Of(descriptor);
            writer.WriteString("@type", any.TypeUrl);
            if (shape.WellKnown == WellKnownType.None)
            {
                WriteFields(writer, message, shape);
            }
            else
            {
                writer.WritePropertyName("value");
                Write(writer, message);
            }
        }

        writer.WriteEndObject();
    }

    private static string NotFinite(double number) => double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";

    private static bool IsDefault(object? value) => value switch
    {
        null => true,
        string text => text.Length == 0,
        bool truth => !truth,
        long number => number == 0,
        ulong number => number == 0,
        uint number => number == 0,
        // -0.0 is not the default, its bits differ.
        float number => BitConverter.SingleToInt32Bits(number) == 0,
        double number => BitConverter.DoubleToInt64Bits(number) == 0,
        ByteString bytes => bytes.IsEmpty,
        ICollection items => items.Count == 0,
        IMessage => false,
        var number => (int)number == 0,
    };
}
