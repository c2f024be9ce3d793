using System.Buffers;
using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>
/// Reads messages by the protobuf JSON mapping. Google.Protobuf's own JsonParser works on text and tells neither where nor
/// in which field an error is; this reads UTF-8 and answers with the path of the field.
/// </summary>
internal sealed partial class JsonMessageReader(TypeRegistry types)
{
    private static readonly JsonReaderOptions Strict = new() { CommentHandling = JsonCommentHandling.Disallow, MaxDepth = 64 };

    /// <summary>Reads a whole document as a message of this type.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON, or not of this type.</exception>
    public IMessage ReadMessage(ReadOnlySequence<byte> json, MessageDescriptor descriptor)
    {
        var path = new JsonPath();
        return ReadDocument(json, path, (ref Utf8JsonReader reader) => ReadMessage(ref reader, MessageShape.Of(descriptor), path));
    }

    /// <summary>Reads a whole document into one field of a message; JSON null leaves it as it is.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON, or not of the field's type.</exception>
    public void ReadField(ReadOnlySequence<byte> json, IMessage message, FieldShape field)
    {
        var path = new JsonPath();
        path.Enter(field);
        ReadDocument(json, path, (ref Utf8JsonReader reader) =>
        {
            ReadFieldValue(ref reader, message, field, path);
            return message;
        });
    }

    private delegate IMessage ReadRoot(ref Utf8JsonReader reader);

    private static IMessage ReadDocument(ReadOnlySequence<byte> json, JsonPath path, ReadRoot readRoot)
    {
        try
        {
            var reader = new Utf8JsonReader(json, Strict);
            reader.Read();
            var message = readRoot(ref reader);
            // Reads on to the end, so that anything after the document is an error.
            reader.Read();
            return message;
        }
        catch (JsonException error)
        {
            throw InvalidRequestException.Whole(
                $"Request JSON payload is not correctly formatted (line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}).", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            // The reader's own refusals: half a surrogate pair, a number out of range.
            throw InvalidRequestException.Field(path.ToString(), "the value is not valid", error);
        }
    }

    private IMessage ReadMessage(ref Utf8JsonReader reader, MessageShape shape, JsonPath path) => shape.WellKnown switch
    {
        WellKnownType.None => ReadObject(ref reader, shape, path, skip: null),
        WellKnownType.Any => ReadAny(ref reader, path),
        WellKnownType.Wrapper => ReadWrapper(ref reader, shape, path),
        WellKnownType.Struct => Expect(ref reader, JsonTokenType.StartObject, "an object", path, StructJson.ReadStruct),
        WellKnownType.ListValue => Expect(ref reader, JsonTokenType.StartArray, "an array", path, StructJson.ReadList),
        WellKnownType.Value => StructJson.ReadValue(ref reader),
        _ => ReadTextMessage(ref reader, shape, path),
    };

    private IMessage ReadObject(ref Utf8JsonReader reader, MessageShape shape, JsonPath path, string? skip)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Unexpected(ref reader, "an object", path);
        var message = shape.Create();
        var seen = new FieldSet(shape.Fields.Length);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (shape.Find(ref reader) is not { } field)
            {
                if (skip is not null && reader.ValueTextEquals(skip))
                {
                    reader.Skip();
                    continue;
                }

                path.Enter(reader.GetString()!);
                throw InvalidRequestException.Field(path.ToString(), $"{shape.Descriptor.FullName} has no such field");
            }

            path.Enter(field);
            if (!seen.Add(field.Index))
                throw InvalidRequestException.Field(path.ToString(), "the field stands more than once");
            reader.Read();
            ReadFieldValue(ref reader, message, field, path);
            path.Leave();
        }

        return message;
    }

    private void ReadFieldValue(ref Utf8JsonReader reader, IMessage message, FieldShape field, JsonPath path)
    {
        if (reader.TokenType == JsonTokenType.Null && (field.Field.IsRepeated || !field.TakesNull))
            return;
        if (field.Field.IsMap)
        {
            ReadMap(ref reader, (IDictionary)field.Accessor.GetValue(message), field, path);
        }
        else if (field.Field.IsRepeated)
        {
            ReadList(ref reader, (IList)field.Accessor.GetValue(message), field, path);
        }
        else
        {
            if (field.Field.RealContainingOneof is { } oneof && oneof.Accessor.GetCaseFieldDescriptor(message) is { } other)
                throw InvalidRequestException.Field(path.ToString(), $"'{other.JsonName}' is set already, and only one of '{oneof.Name}' may be");
            field.Accessor.SetValue(message, ReadSingle(ref reader, field, path));
        }
    }

    private void ReadList(ref Utf8JsonReader reader, IList list, FieldShape field, JsonPath path)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Unexpected(ref reader, "an array", path);
        path.Enter(0);
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            path.Next(index);
            list.Add(ReadElement(ref reader, field, path));
        }

        path.Leave();
    }

    private void ReadMap(ref Utf8JsonReader reader, IDictionary map, FieldShape field, JsonPath path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Unexpected(ref reader, "an object", path);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var text = reader.GetString()!;
            path.Enter(text);
            var key = ScalarText.Parse(field.MapKey, text) ?? throw InvalidRequestException.Field(path.ToString(), $"the key is not {ScalarText.Expected(field.MapKey)}");
            if (map.Contains(key))
                throw InvalidRequestException.Field(path.ToString(), "the key stands more than once");
            reader.Read();
            map[key] = ReadElement(ref reader, field.Value, path);
            path.Leave();
        }
    }

    private object ReadElement(ref Utf8JsonReader reader, FieldShape field, JsonPath path) =>
        reader.TokenType == JsonTokenType.Null && !field.TakesNull
            ? throw InvalidRequestException.Field(path.ToString(), "null is not allowed here")
            : ReadSingle(ref reader, field, path);

    /// <summary>Which fields have been read; a bit each, as few messages have more than 64.</summary>
    private struct FieldSet(int count)
    {
        private readonly BitArray? _many = count > 64 ? new BitArray(count) : null;
        private ulong _few;

        public bool Add(int index)
        {
            if (_many is not null)
            {
                var isNew = !_many[index];
                _many[index] = true;
                return isNew;
            }

            var before = _few;
            _few |= 1UL << index;
            return before != _few;
        }
    }
}
