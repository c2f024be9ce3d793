using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Single values: scalars, enums and the types with a JSON form of their own.</summary>
internal sealed partial class JsonMessageReader
{
    private object ReadSingle(ref Utf8JsonReader reader, FieldShape field, JsonPath path)
    {
        switch (field.Field.FieldType)
        {
            case FieldType.Message:
            case FieldType.Group:
                return field.IsWrapper ? ReadSingle(ref reader, field.Value, path) : ReadMessage(ref reader, field.Message, path);
            case FieldType.Bool when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                return reader.GetBoolean();
            case FieldType.String when reader.TokenType == JsonTokenType.String:
                return reader.GetString()!;
            case FieldType.Bytes when reader.TokenType == JsonTokenType.String:
                return ReadBytes(ref reader) ?? throw InvalidRequestException.Field(path.ToString(), "the string is not base64");
            case FieldType.Enum when field.IsNullValue && reader.TokenType == JsonTokenType.Null:
                return (int)NullValue.NullValue;
            case FieldType.Enum:
                return ReadEnum(ref reader, field.Field.EnumType, path);
            case FieldType.Bool or FieldType.String or FieldType.Bytes:
                throw Unexpected(ref reader, ScalarText.Expected(field.Field), path);
            default:
                return ReadNumber(ref reader, field.Field, path);
        }
    }

    private static object ReadNumber(ref Utf8JsonReader reader, FieldDescriptor field, JsonPath path)
    {
        var number = reader.TokenType switch
        {
            JsonTokenType.Number when field.FieldType is FieldType.Int32 && reader.TryGetInt32(out var value) => value,
            JsonTokenType.Number => ScalarText.ParseNumber(field, RawText(ref reader)),
            JsonTokenType.String => ScalarText.Parse(field, reader.GetString()!),
            _ => throw Unexpected(ref reader, ScalarText.Expected(field), path),
        };
        return number ?? throw InvalidRequestException.Field(path.ToString(), $"{Shorten(RawText(ref reader))} is not {ScalarText.Expected(field)}");
    }

    private static int ReadEnum(ref Utf8JsonReader reader, EnumDescriptor type, JsonPath path)
    {
        switch (reader.TokenType)
        {
            // Numbers without a name are kept, as they may come from a newer contract.
            case JsonTokenType.Number:
                return reader.TryGetInt32(out var number)
                    ? number
                    : throw InvalidRequestException.Field(path.ToString(), $"{Shorten(RawText(ref reader))} is not a number of {type.FullName}");
            case JsonTokenType.String:
                var name = reader.GetString()!;
                return type.FindValueByName(name)?.Number
                    ?? throw InvalidRequestException.Field(path.ToString(), $"'{Shorten(name)}' is not a value of {type.FullName}");
            default:
                throw Unexpected(ref reader, $"a value of {type.FullName}", path);
        }
    }

    private static ByteString? ReadBytes(ref Utf8JsonReader reader) =>
        reader.TryGetBytesFromBase64(out var bytes) ? UnsafeByteOperations.UnsafeWrap(bytes) : ScalarText.ParseBytes(reader.GetString()!);

    private IMessage ReadWrapper(ref Utf8JsonReader reader, MessageShape shape, JsonPath path)
    {
        var message = shape.Create();
        shape.Fields[0].Accessor.SetValue(message, ReadSingle(ref reader, shape.Fields[0], path));
        return message;
    }

    private static IMessage ReadTextMessage(ref Utf8JsonReader reader, MessageShape shape, JsonPath path)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw Unexpected(ref reader, ScalarText.Expected(shape.WellKnown), path);
        return ScalarText.Parse(shape.WellKnown, reader.GetString()!, jsonNames: true)
            ?? throw InvalidRequestException.Field(path.ToString(), $"the string is not {ScalarText.Expected(shape.WellKnown)}");
    }

    private Any ReadAny(ref Utf8JsonReader reader, JsonPath path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Unexpected(ref reader, "an object", path);
        if (FindTypeUrl(reader, path) is not { } url)
        {
            reader.Read();
            return reader.TokenType == JsonTokenType.EndObject ? new Any() : throw InvalidRequestException.Field(path.ToString(), "'@type' is missing");
        }

        var descriptor = types.Find(Any.GetTypeName(url)) ?? throw InvalidRequestException.Field(path + ".@type", $"the type '{Shorten(url)}' is not known");
        var shape = MessageShape.Of(descriptor);
        var message = shape.WellKnown == WellKnownType.None ? ReadObject(ref reader, shape, path, skip: "@type") : ReadAnyValue(ref reader, shape, path);
        return new Any { TypeUrl = url, Value = message.ToByteString() };
    }

    // A type with a JSON form of its own stands beside "@type" as "value".
    private IMessage ReadAnyValue(ref Utf8JsonReader reader, MessageShape shape, JsonPath path)
    {
        IMessage? message = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isValue = reader.ValueTextEquals("value");
            reader.Read();
            if (!isValue)
            {
                reader.Skip();
                continue;
            }

            path.Enter("value");
            message = ReadMessage(ref reader, shape, path);
            path.Leave();
        }

        return message ?? throw InvalidRequestException.Field(path.ToString(), "'value' is missing");
    }

    // Takes the reader by value: "@type" may stand anywhere in the object, so a copy looks ahead.
    private static string? FindTypeUrl(Utf8JsonReader lookahead, JsonPath path)
    {
        while (lookahead.Read() && lookahead.TokenType != JsonTokenType.EndObject)
        {
            var isType = lookahead.ValueTextEquals("@type");
            lookahead.Read();
            if (isType)
                return lookahead.TokenType == JsonTokenType.String ? lookahead.GetString() : throw Unexpected(ref lookahead, "a type URL", path);
            lookahead.Skip();
        }

        return null;
    }

    private delegate IMessage ReadValue(ref Utf8JsonReader reader);

    private static IMessage Expect(ref Utf8JsonReader reader, JsonTokenType token, string expected, JsonPath path, ReadValue read) =>
        reader.TokenType == token ? read(ref reader) : throw Unexpected(ref reader, expected, path);

    private static InvalidRequestException Unexpected(ref Utf8JsonReader reader, string expected, JsonPath path) =>
        InvalidRequestException.Field(path.ToString(), $"expected {expected}, got {Found(reader.TokenType)}");

    private static string Found(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    private static string RawText(ref Utf8JsonReader reader) =>
        reader.HasValueSequence ? Encoding.UTF8.GetString(reader.ValueSequence) : Encoding.UTF8.GetString(reader.ValueSpan);

    private static string Shorten(string text) => text.Length <= 64 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 64)}…");
}
