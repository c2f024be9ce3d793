using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>Requests that get as far as looking up what they name. Where nothing stands here, an empty one does.</summary>
internal static class SampleRequests
{
    private const string Reading = """{"readings":[{"metric":"temperature","value":21}]}""";
    private const string Question = """{"question":"How many items are there?"}""";

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["auth.Users/CreateUser"] = """{"user":{"email":"$unique@example.org"},"password":"a long enough passphrase 7"}""",
        ["auth.Users/UpdateUser"] = """{"user":{}}""",
        ["auth.Roles/CreateRole"] = """{"role":{"name":"r$unique","permissions":["data:list"]}}""",
        ["auth.Roles/UpdateRole"] = """{"role":{"permissions":["data:list"]}}""",
        ["auth.Roles/ExplainPermission"] = """{"permission":"data:list"}""",
        ["auth.Policies/CreatePolicy"] = """{"policy":{"name":"p$unique","effect":"DENY","permissions":["nothing:at:all"]}}""",
        ["auth.Policies/UpdatePolicy"] = """{"policy":{"description":"matrix"}}""",
        ["auth.Clients/CreateClient"] = """{"client":{"display_name":"matrix"}}""",
        ["data.Datasets/UpdateDataset"] = """{"dataset":{"display_name":"matrix"}}""",
        ["data.Items/CreateItem"] = """{"item":{"fields":{"title":"matrix"}}}""",
        ["data.Items/UpdateItem"] = """{"item":{"fields":{"title":"matrix"}}}""",
        ["data.Items/ImportItems"] = """{"json":"{\"title\":\"matrix\"}"}""",
        ["data.Items/AggregateItems"] = """{"aggregations":[{"function":"COUNT"}]}""",
        ["data.Items/BatchCreateItems"] = """{"requests":[{"item":{"fields":{"title":"matrix"}}}]}""",
        ["data.Items/BatchUpdateItems"] = """{"requests":[{"item":{"fields":{"title":"matrix"}}}]}""",
        ["data.Items/BatchDeleteItems"] = """{"requests":[{}]}""",
        ["data.Items/SearchItems"] = """{"query":"anything"}""",
        ["ai.Assistant/Ask"] = Question,
        ["ai.Assistant/StreamAsk"] = Question,
        ["ai.Chat/Complete"] = """{"messages":[{"role":"USER","content":"Hello"}],"max_output_tokens":8}""",
        ["ai.Chat/StreamComplete"] = """{"messages":[{"role":"USER","content":"Hello"}],"max_output_tokens":8}""",
        ["iot.Devices/UpdateDevice"] = """{"device":{"display_name":"matrix"}}""",
        ["iot.Ingest/IngestReadings"] = Reading,
        ["iot.Ingest/StreamReadings"] = Reading,
        ["iot.Readings/DownsampleReadings"] = """{"metric":"temperature","window_seconds":60}""",
    };

    /// <summary>A request with the given things in the fields that name some.</summary>
    public static JsonObject For(ContractCall call, IReadOnlyList<NamingField> names, Func<NamingField, string> thing)
    {
        var text = Bodies.GetValueOrDefault(call.Name, "{}").Replace("$unique", Guid.NewGuid().ToString("N")[..12], StringComparison.Ordinal);
        var request = JsonNode.Parse(text)!.AsObject();
        foreach (var field in names)
            Set(request, call.Method.InputType, field.Path.Split('.'), thing(field));
        return request;
    }

    private static void Set(JsonObject target, MessageDescriptor type, ReadOnlySpan<string> path, string value)
    {
        var field = type.FindFieldByName(path[0])
            ?? throw new InvalidDataException($"who-may-call.md: {type.FullName} has no field {path[0]}.");
        if (path.Length == 1)
        {
            target[path[0]] = field.IsRepeated ? new JsonArray(value) : value;
            return;
        }

        var inner = field.IsRepeated ? target[path[0]]?[0] : target[path[0]];
        if (inner is not JsonObject child)
        {
            child = [];
            target[path[0]] = field.IsRepeated ? new JsonArray(child) : child;
        }

        Set(child, field.MessageType, path[1..], value);
    }
}
