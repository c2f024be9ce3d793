using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Struct, Value and ListValue, which stand for plain JSON.</summary>
internal static class StructJson
{
    public static void Write(Utf8JsonWriter writer, IMessage message)
    {
        switch (message)
        {
            case Struct fields:
                writer.WriteStartObject();
                foreach (var (name, value) in fields.Fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case ListValue list:
                writer.WriteStartArray();
                foreach (var value in list.Values)
                    Write(writer, value);
                writer.WriteEndArray();
                break;
            case Value value:
                WriteValue(writer, value);
                break;
        }
    }

    /// <summary>Reads the value at the reader, whatever it is.</summary>
    /// <exception cref="InvalidOperationException">A string holds half a surrogate pair.</exception>
    /// <exception cref="FormatException">A number is past the range of a double.</exception>
    public static Value ReadValue(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => Value.ForNull(),
        JsonTokenType.True => Value.ForBool(true),
        JsonTokenType.False => Value.ForBool(false),
        JsonTokenType.Number => Value.ForNumber(ReadNumber(ref reader)),
        JsonTokenType.String => Value.ForString(reader.GetString()),
        JsonTokenType.StartArray => new Value { ListValue = ReadList(ref reader) },
        _ => new Value { StructValue = ReadStruct(ref reader) },
    };

    public static Struct ReadStruct(ref Utf8JsonReader reader)
    {
        var fields = new Struct();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            fields.Fields[name] = ReadValue(ref reader);
        }

        return fields;
    }

    public static ListValue ReadList(ref Utf8JsonReader reader)
    {
        var list = new ListValue();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Values.Add(ReadValue(ref reader));
        return list;
    }

    private static double ReadNumber(ref Utf8JsonReader reader)
    {
        var number = reader.GetDouble();
        return double.IsFinite(number) ? number : throw new FormatException("The number is out of range.");
    }

    private static void WriteValue(Utf8JsonWriter writer, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                writer.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue when double.IsFinite(value.NumberValue):
                writer.WriteNumberValue(value.NumberValue);
                break;
            case Value.KindOneofCase.NumberValue:
                throw new InvalidOperationException("A google.protobuf.Value cannot hold NaN or Infinity in JSON.");
            case Value.KindOneofCase.BoolValue:
                writer.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.StructValue:
                Write(writer, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                Write(writer, value.ListValue);
                break;
            case Value.KindOneofCase.NullValue:
            case Value.KindOneofCase.None:
                writer.WriteNullValue();
                break;
            default:
                throw new InvalidOperationException($"Unknown kind of google.protobuf.Value: {value.KindCase}.");
        }
    }
}
