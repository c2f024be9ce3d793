using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores.Firestore;

/// <summary>Documents as Firestore's JSON has them (https://firebase.google.com/docs/firestore/reference/rest/v1/Value): owner <c>o</c>, version <c>v</c>, times <c>c</c> and <c>u</c>, fields in the map <c>f</c>.</summary>
internal static class FirestoreValues
{
    public const string Owner = "o";
    public const string Version = "v";
    public const string Created = "c";
    public const string Updated = "u";
    public const string Fields = "f";

    public static JsonObject Write(Document document)
    {
        var fields = new JsonObject();
        foreach (var (name, value) in document.Fields) fields.Add(name, Value(value));
        return new JsonObject
        {
            [Owner] = Value(document.Owner),
            [Version] = Value(document.Version),
            [Created] = Value(DocumentTime.Write(document.CreateTime)),
            [Updated] = Value(DocumentTime.Write(document.UpdateTime)),
            [Fields] = new JsonObject { ["mapValue"] = new JsonObject { ["fields"] = fields } },
        };
    }

    /// <param name="table">Names and types of the fields.</param>
    /// <param name="document">A Document of the API.</param>
    public static Document Read(DocumentTable table, JsonElement document)
    {
        var name = document.GetProperty("name").GetString()!;
        var stored = document.GetProperty("fields");
        var fields = new Dictionary<string, object>(StringComparer.Ordinal);
        if (stored.TryGetProperty(Fields, out var map) && map.GetProperty("mapValue").TryGetProperty("fields", out var values))
        {
            foreach (var value in values.EnumerateObject())
                if (table.Fields.TryGetValue(value.Name, out var type)) fields.Add(value.Name, Read(type, value.Value));
        }

        return new Document(
            name[(name.LastIndexOf('/') + 2)..], fields, Text(stored.GetProperty(Owner)), (long)Read(PolicyType.WholeNumber, stored.GetProperty(Version)),
            DocumentTime.Read(Text(stored.GetProperty(Created))), DocumentTime.Read(Text(stored.GetProperty(Updated))))
        {
            Tag = document.GetProperty("updateTime").GetString()!,
        };
    }

    public static JsonObject Value(object value) => value switch
    {
        string text => new JsonObject { ["stringValue"] = text },
        long integer => new JsonObject { ["integerValue"] = integer.ToString(CultureInfo.InvariantCulture) },

        // Minus zero is another value there.
        double number => new JsonObject { ["doubleValue"] = number + 0.0 },
        bool truth => new JsonObject { ["booleanValue"] = truth },
        ImmutableArray<string> list => new JsonObject { ["arrayValue"] = new JsonObject { ["values"] = new JsonArray([.. list.Select(static element => (JsonNode)Value(element))]) } },
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a value of a field."),
    };

    private static object Read(PolicyType type, JsonElement value) => type switch
    {
        PolicyType.WholeNumber => long.Parse(value.GetProperty("integerValue").GetString()!, CultureInfo.InvariantCulture),

        // Whole doubles may come without a point.
        PolicyType.Number => value.TryGetProperty("doubleValue", out var number) ? number.GetDouble() : double.Parse(value.GetProperty("integerValue").GetString()!, CultureInfo.InvariantCulture),
        PolicyType.Boolean => value.GetProperty("booleanValue").GetBoolean(),
        PolicyType.TextList => value.GetProperty("arrayValue").TryGetProperty("values", out var values) ? [.. values.EnumerateArray().Select(Text)] : ImmutableArray<string>.Empty,
        _ => Text(value),
    };

    private static string Text(JsonElement value) => value.GetProperty("stringValue").GetString()!;
}
