using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>A fake of Milvus' RESTful API v2: 200 to everything, with a code. Collections have a schema and want to be made first.</summary>
internal static partial class FakeMilvus
{
    private static readonly string[] Columns = ["id", "organisation", "dataset", "item", "vector"];

    public static JsonNode? Answer(FakeVectorServer server, FakeVectorRequest request)
    {
        request.DemandBearer();
        if (request.Method != "POST") throw new RefusedException(404);
        var space = (string?)request.Body!["collectionName"] ?? "";
        var operation = request.Path.Replace("/v2/vectordb/", "", StringComparison.Ordinal);
        try
        {
            return new JsonObject { ["code"] = 0, ["data"] = Do(server, operation, space, request.Body) };
        }
        catch (KeyNotFoundException)
        {
            return new JsonObject { ["code"] = 100, ["message"] = "can't find collection" };
        }
        catch (RefusedException e) when (e.Status == 400)
        {
            return new JsonObject { ["code"] = 65535, ["message"] = "refused" };
        }
    }

    private static JsonNode? Do(FakeVectorServer server, string operation, string space, JsonNode body)
    {
        switch (operation)
        {
            case "collections/list":
                return new JsonArray([.. server.Spaces.Keys.Select(static name => JsonValue.Create(name))]);
            case "collections/has":
                return new JsonObject { ["has"] = server.Spaces.ContainsKey(space) };
            case "collections/create":
                var fields = body["schema"]!["fields"]!.AsArray();
                if (!fields.Select(static field => (string)field!["fieldName"]!).SequenceEqual(Columns) || (string)fields[4]!["elementTypeParams"]!["dim"]! != "100") throw new RefusedException(400);
                if ((string?)body["indexParams"]![0]!["metricType"] != "COSINE" || !server.Spaces.TryAdd(space, [])) throw new RefusedException(400);
                return new JsonObject();
            case "collections/drop":
                server.Spaces.Remove(space);
                return new JsonObject();
            case "entities/upsert":
                foreach (var one in body["data"]!.AsArray()) server.Put(space, (string)one!["id"]!, one["vector"], one.AsObject());
                return new JsonObject { ["upsertCount"] = body["data"]!.AsArray().Count };
            case "entities/delete":
                server.Delete(space, Condition((string)body["filter"]!));
                return new JsonObject();
            case "entities/search":
                if ((int)body["limit"]! is < 1 or > 16_384 || (string?)body["annsField"] != "vector") throw new RefusedException(400);
                var wanted = body["outputFields"]!.AsArray().Select(static name => (string)name!).ToArray();
                var found = server.Near(space, [.. body["data"]![0]!.AsArray().Select(static value => (float)value!)], (int)body["limit"]!, Condition((string)body["filter"]!));
                return new JsonArray([.. found.Select(one => new JsonObject(wanted.Select(name => KeyValuePair.Create(name, one[name]?.DeepClone())).Append(KeyValuePair.Create("distance", (JsonNode?)0.5))))]);
            default:
                throw new RefusedException(404);
        }
    }

    // As much of its expressions as is needed here.
    private static Func<JsonObject, bool> Condition(string filter)
    {
        var match = Filter().Match(filter);
        if (!match.Success) throw new RefusedException(400);
        string[]? items = match.Groups["items"].Success ? [.. match.Groups["items"].Value.Split(',').Select(static item => item.Trim('"'))] : null;
        return one => (string?)one["organisation"] == match.Groups["organisation"].Value && (string?)one["dataset"] == match.Groups["dataset"].Value && items?.Contains((string?)one["item"]) != false;
    }

    [GeneratedRegex("""^organisation == "(?<organisation>[^"]*)" and dataset == "(?<dataset>[^"]*)"( and item in \[(?<items>[^\]]*)\])?\z""")]
    private static partial Regex Filter();
}
