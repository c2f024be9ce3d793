using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.DataService.Items;

namespace AiMesh.DataService.Stores.Cosmos;

/// <summary>
/// Documents as Cosmos DB's JSON: <c>id</c> with a letter before it, tenant <c>p</c> (the partition key), owner <c>o</c>, version <c>v</c>, times <c>c</c> and
/// <c>u</c>, fields in <c>f</c>. Integers beyond 2^53 are texts of digits, as numbers there are doubles.
/// </summary>
internal static class CosmosDocument
{
    private const long MaxExactInteger = 1L << 53;

    public static JsonObject Write(DocumentTable table, Document document)
    {
        var fields = new JsonObject();
        foreach (var (name, value) in document.Fields) fields.Add(name, Value(value));
        return new JsonObject
        {
            ["id"] = Id(document.Id),
            ["p"] = table.Tenant,
            ["o"] = document.Owner,
            ["v"] = document.Version,
            ["c"] = DocumentTime.Write(document.CreateTime),
            ["u"] = DocumentTime.Write(document.UpdateTime),
            ["f"] = fields,
        };
    }

    public static Document Read(DocumentTable table, JsonElement json) => new(
        json.GetProperty("id").GetString()![1..], json.TryGetProperty("f", out var fields) ? ItemValues.ReadStored(fields, table.Fields) : new Dictionary<string, object>(),
        json.GetProperty("o").GetString()!, json.GetProperty("v").GetInt64(), DocumentTime.Read(json.GetProperty("c").GetString()!), DocumentTime.Read(json.GetProperty("u").GetString()!))
    {
        Tag = json.GetProperty("_etag").GetString()!,
    };

    public static string Id(string id) => $"i{id}";

    public static bool HoldsInteger(long integer) => integer is >= -MaxExactInteger and <= MaxExactInteger;

    public static JsonNode Value(object value) => value switch
    {
        string text => text,
        long integer when HoldsInteger(integer) => integer,
        long integer => integer.ToString(CultureInfo.InvariantCulture),
        double number => number,
        bool truth => truth,
        ImmutableArray<string> list => new JsonArray([.. list.Select(static element => (JsonNode)element)]),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a value of a field."),
    };
}
