using System.Text.Json.Nodes;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>A fake of one index of Pinecone: namespaces make themselves; deleting in one that is not there is 404, searching finds nothing.</summary>
internal static class FakePinecone
{
    public static JsonNode? Answer(FakeVectorServer server, FakeVectorRequest request)
    {
        if (request.Headers["Api-Key"] != FakeVectorServer.Key) throw new RefusedException(401);
        if (request.Headers["X-Pinecone-Api-Version"].Count == 0 || request.Method != "POST") throw new RefusedException(400);
        var body = request.Body!;
        var space = (string?)body["namespace"] ?? "";
        switch (request.Path)
        {
            case "/describe_index_stats":
                return new JsonObject { ["dimension"] = FakeVectorServer.Dimensions, ["namespaces"] = new JsonObject() };
            case "/vectors/upsert":
                server.Spaces.TryAdd(space, []);
                foreach (var one in body["vectors"]!.AsArray()) server.Put(space, (string)one!["id"]!, one["values"], one["metadata"]!.AsObject());
                return new JsonObject { ["upsertedCount"] = body["vectors"]!.AsArray().Count };
            case "/vectors/delete":
                if (!server.Spaces.ContainsKey(space)) throw new RefusedException(404);
                if ((bool?)body["deleteAll"] == true) server.Spaces.Remove(space);
                else server.Delete(space, one => Holds(body["filter"]!.AsObject(), one));
                return new JsonObject();
            case "/query":
                if ((int)body["topK"]! is < 1 or > 10_000) throw new RefusedException(400);
                var found = server.Spaces.ContainsKey(space)
                    ? server.Near(space, [.. body["vector"]!.AsArray().Select(static value => (float)value!)], (int)body["topK"]!, one => Holds(body["filter"]!.AsObject(), one))
                    : [];
                return new JsonObject
                {
                    ["matches"] = new JsonArray([.. found.Select(one => new JsonObject { ["id"] = "x", ["score"] = 0.5, ["metadata"] = (bool?)body["includeMetadata"] == true ? one : null })]),
                    ["namespace"] = space,
                };
            default:
                throw new RefusedException(404);
        }
    }

    private static bool Holds(JsonObject filter, JsonObject properties) => filter.All(condition => condition.Value!.AsObject().Single() switch
    {
        { Key: "$eq", Value: var value } => (string?)properties[condition.Key] == (string?)value,
        { Key: "$in", Value: JsonArray values } => values.Any(value => (string?)value == (string?)properties[condition.Key]),
        _ => throw new RefusedException(400),
    });
}
