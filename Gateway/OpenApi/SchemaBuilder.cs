using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;
using Label = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;

namespace AiMesh.Gateway.OpenApi;

/// <summary>JSON Schemas of messages in their protobuf JSON form (https://protobuf.dev/programming-guides/json).</summary>
internal sealed class SchemaBuilder(Contract contract)
{
    private static readonly Dictionary<string, Func<JsonObject>> WellKnown = new()
    {
        [".google.protobuf.Timestamp"] = () => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
        [".google.protobuf.Duration"] = () => new JsonObject { ["type"] = "string", ["example"] = "1.5s" },
        [".google.protobuf.FieldMask"] = () => new JsonObject { ["type"] = "string", ["description"] = "Names of fields, divided by commas." },
        [".google.protobuf.Struct"] = () => new JsonObject { ["type"] = "object", ["additionalProperties"] = true },
        [".google.protobuf.Value"] = () => [],
        [".google.protobuf.ListValue"] = () => new JsonObject { ["type"] = "array", ["items"] = new JsonObject() },
    };

    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);

    /// <summary>Everything that was referred to.</summary>
    public JsonObject Schemas => new(_schemas.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value.DeepClone())));

    public JsonObject Reference(string typeName)
    {
        if (WellKnown.TryGetValue(typeName, out var wellKnown))
            return wellKnown();

        var type = contract.Message(typeName);
        if (_schemas.TryAdd(type.FullName, []))
            _schemas[type.FullName] = Build(type); // Entered before it is built: messages may contain themselves.
        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.FullName}" };
    }

    public static bool IsWellKnown(string typeName) => WellKnown.ContainsKey(typeName);

    public JsonObject Field(FieldDescriptorProto field, string? comment)
    {
        JsonObject schema;
        if (field.Label == Label.Repeated && MapEntry(field) is { } entry)
            schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = Single(entry.Field[1]) };
        else if (field.Label == Label.Repeated)
            schema = new JsonObject { ["type"] = "array", ["items"] = Single(field) };
        else
            schema = Single(field);

        if (comment is not null)
            schema["description"] = schema["description"] is { } own ? $"{comment}\n\n{own.GetValue<string>()}" : comment;
        return schema;
    }

    private JsonObject Build(MessageType type)
    {
        var properties = new JsonObject();
        for (var i = 0; i < type.Descriptor.Field.Count; i++)
            properties[type.Descriptor.Field[i].JsonName] = Field(type.Descriptor.Field[i], type.FieldComments[i]);

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (type.Comment is not null)
            schema["description"] = type.Comment;
        return schema;
    }

    private DescriptorProto? MapEntry(FieldDescriptorProto field) =>
        field.Type == FieldType.Message && !IsWellKnown(field.TypeName) && contract.Message(field.TypeName).Descriptor is { Options.MapEntry: true } entry ? entry : null;

    private JsonObject Single(FieldDescriptorProto field) => field.Type switch
    {
        FieldType.Message => Reference(field.TypeName),
        FieldType.Enum => EnumSchema(contract.Enum(field.TypeName)),
        FieldType.Bool => new JsonObject { ["type"] = "boolean" },
        FieldType.Double or FieldType.Float => new JsonObject { ["type"] = "number", ["format"] = field.Type == FieldType.Double ? "double" : "float" },
        FieldType.Int32 or FieldType.Sint32 or FieldType.Sfixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        FieldType.Uint32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 },
        // JSON numbers lose precision beyond 2^53, so protobuf writes 64-bit integers as strings.
        FieldType.Int64 or FieldType.Sint64 or FieldType.Sfixed64 or FieldType.Uint64 or FieldType.Fixed64 => new JsonObject { ["type"] = "string", ["format"] = "int64" },
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["format"] = "byte" },
        _ => new JsonObject { ["type"] = "string" },
    };

    private static JsonObject EnumSchema(EnumType type)
    {
        var schema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. type.Descriptor.Value.Select(value => (JsonNode)value.Name)]) };
        var description = string.Join("\n\n", new[] { type.Comment, type.ValueComments }.Where(text => !string.IsNullOrEmpty(text)));
        if (description.Length > 0)
            schema["description"] = description;
        return schema;
    }
}
