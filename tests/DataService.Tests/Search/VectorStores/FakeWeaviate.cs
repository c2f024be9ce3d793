using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>A fake of Weaviate: classes, batches of objects, GraphQL's Get with nearVector. It deletes no more than a few objects at a time, as Weaviate does.</summary>
internal static partial class FakeWeaviate
{
    private const int MaxDeleted = 7;

    public static JsonNode? Answer(FakeVectorServer server, FakeVectorRequest request)
    {
        request.DemandBearer();
        var body = request.Body;
        switch (request.Method, request.Path)
        {
            case ("GET", "/v1/schema"):
                return new JsonObject { ["classes"] = new JsonArray() };
            case ("POST", "/v1/schema"):
                if (!Class().IsMatch((string)body!["class"]!) || (string?)body["vectorizer"] != "none" || (string?)body["vectorIndexConfig"]!["distance"] != "cosine") throw new RefusedException(422);
                if (body["properties"]!.AsArray().Any(static one => (string?)one!["tokenization"] != "field") || !server.Spaces.TryAdd((string)body["class"]!, [])) throw new RefusedException(422);
                return body.DeepClone();
            case ("POST", "/v1/batch/objects"):
                return new JsonArray([.. body!["objects"]!.AsArray().Select(one => Put(server, one!))]);
            case ("DELETE", "/v1/batch/objects"):
                return Delete(server, (string)body!["match"]!["class"]!, body["match"]!["where"]!);
            case ("POST", "/v1/graphql"):
                return Get(server, (string)body!["query"]!);
        }

        if (!request.Path.StartsWith("/v1/schema/", StringComparison.Ordinal)) throw new RefusedException(404);
        var name = request.Path.Split('/')[^1];
        if (request.Method == "DELETE") server.Spaces.Remove(name);
        else if (!server.Spaces.ContainsKey(name)) throw new RefusedException(404);
        return new JsonObject { ["class"] = name };
    }

    private static JsonObject Put(FakeVectorServer server, JsonNode one)
    {
        var result = new JsonObject { ["status"] = "SUCCESS" };
        if (server.Spaces.ContainsKey((string)one["class"]!) && Guid.TryParse((string?)one["id"], out _)) server.Put((string)one["class"]!, (string)one["id"]!, one["vector"], one["properties"]!.AsObject());
        else result = new JsonObject { ["status"] = "FAILED", ["errors"] = new JsonObject { ["error"] = new JsonArray(new JsonObject { ["message"] = "class not found" }) } };
        return new JsonObject { ["id"] = one["id"]?.DeepClone(), ["result"] = result };
    }

    private static JsonObject Delete(FakeVectorServer server, string space, JsonNode where)
    {
        if (!server.Spaces.TryGetValue(space, out var vectors)) throw new RefusedException(422);
        var matches = vectors.Values.Count(one => Holds(where, one.Properties));
        server.Delete(space, one => Holds(where, one), MaxDeleted);
        return new JsonObject { ["results"] = new JsonObject { ["matches"] = matches, ["limit"] = MaxDeleted, ["successful"] = Math.Min(matches, MaxDeleted), ["failed"] = 0 } };
    }

    private static bool Holds(JsonNode where, JsonObject properties) => (string?)where["operator"] switch
    {
        "And" => where["operands"]!.AsArray().All(one => Holds(one!, properties)),
        "Equal" => (string?)properties[(string)where["path"]![0]!] == (string?)where["valueText"],
        "ContainsAny" => where["valueTextArray"]!.AsArray().Any(one => (string?)one == (string?)properties[(string)where["path"]![0]!]),
        _ => throw new RefusedException(422),
    };

    private static JsonObject Get(FakeVectorServer server, string query)
    {
        var match = Query().Match(query);
        if (!match.Success || !server.Spaces.ContainsKey(match.Groups["class"].Value)) return new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["message"] = "cannot query" }) };
        var vector = match.Groups["vector"].Value.Split(',').Select(static number => float.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var found = server.Near(match.Groups["class"].Value, vector, int.Parse(match.Groups["limit"].Value, CultureInfo.InvariantCulture), one =>
            (string?)one["organisation"] == match.Groups["organisation"].Value && (string?)one["dataset"] == match.Groups["dataset"].Value);
        return new JsonObject { ["data"] = new JsonObject { ["Get"] = new JsonObject { [match.Groups["class"].Value] = new JsonArray([.. found]) } } };
    }

    [GeneratedRegex(@"^[A-Z][_0-9A-Za-z]*\z")]
    private static partial Regex Class();

    // As much of GraphQL as is needed here.
    [GeneratedRegex("""^\{Get\{(?<class>\w+)\(nearVector:\{vector:\[(?<vector>[^\]]+)\]\},where:\{operator:And,operands:\[\{path:\["organisation"\],operator:Equal,valueText:"(?<organisation>[^"]*)"\},\{path:\["dataset"\],operator:Equal,valueText:"(?<dataset>[^"]*)"\}\]\},limit:(?<limit>\d+)\)\{organisation dataset item\}\}\}\z""")]
    private static partial Regex Query();
}
