using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>One request of the corpus, over gRPC or over HTTP.</summary>
internal sealed partial record Request(string Kind, string Verb, string Path, string? Body)
{
    public MethodDescriptor? Rpc { get; init; }

    public IMessage? Message { get; init; }

    public bool IsRpc { get; init; }

    public string ContentType { get; init; } = "application/json";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Request OverGrpc(string kind, MethodDescriptor rpc, IMessage message) => new(kind, "", rpc.Name, null) { Rpc = rpc, Message = message, IsRpc = true };

    /// <summary>As the annotations of the contract spell it; null where it has no such form.</summary>
    public static Request? OverHttp(string kind, MethodDescriptor rpc, IMessage message)
    {
        if (rpc.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule) return null;
        JsonObject json;
        try
        {
            json = JsonNode.Parse(JsonFormatter.Default.Format(message))!.AsObject();
        }
        catch (InvalidOperationException)
        {
            // A mask that JSON cannot write.
            return null;
        }

        var (verb, template) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            _ => ("DELETE", rule.Delete),
        };
        var path = Variable().Replace(template, match =>
        {
            var name = rpc.InputType.FindFieldByName(match.Groups[1].Value).JsonName;
            var value = (string?)json[name] ?? "";
            json.Remove(name);
            return Uri.EscapeDataString(value);
        });
        string? body = null;
        if (rule.Body == "*") body = json.ToJsonString();
        else if (rule.Body.Length > 0) body = (json[rule.Body] ?? new JsonObject()).ToJsonString();
        if (rule.Body != "*") path += Query(json.Where(field => field.Key != rule.Body));
        return new Request(kind, verb, path, body) { Rpc = rpc, Message = message };
    }

    public override string ToString() => $"{Kind}: {Verb} {Path} {Body}{(IsRpc ? Message : "")} {string.Join(' ', Headers.Select(h => $"{h.Name}: {h.Value}"))}";

    private static string Query(IEnumerable<KeyValuePair<string, JsonNode?>> fields)
    {
        var query = string.Join('&', fields.SelectMany(field => (field.Value is JsonArray several ? several : [field.Value!.DeepClone()]).Select(value => $"{field.Key}={Uri.EscapeDataString(value!.ToString())}")));
        return query.Length == 0 ? "" : $"?{query}";
    }

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex Variable();
}
