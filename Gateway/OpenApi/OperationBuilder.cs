using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AiMesh.Common.V1;
using Google.Api;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;
using Label = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;

namespace AiMesh.Gateway.OpenApi;

/// <summary>Turns an RPC and one of its HTTP bindings into an OpenAPI operation.</summary>
internal sealed partial class OperationBuilder(Contract contract, SchemaBuilder schemas)
{
    public const string ProblemReference = "#/components/responses/Problem";

    public JsonObject Build(Rpc rpc, HttpRule rule, string path, bool isFirst)
    {
        var input = contract.Message(rpc.Method.InputType);
        var bound = PathVariable().Matches(path).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        var parameters = new JsonArray();
        foreach (var variable in bound)
            parameters.Add(PathParameter(input, variable));
        if (rule.Body != "*")
            AddQueryParameters(parameters, input, bound, rule.Body);

        var operation = new JsonObject
        {
            ["operationId"] = isFirst ? $"{rpc.Service}_{rpc.Method.Name}" : $"{rpc.Service}_{rpc.Method.Name}_2",
            ["tags"] = new JsonArray(rpc.Service),
            ["summary"] = Summary(rpc),
            ["description"] = Description(rpc),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject { ["200"] = Success(rpc), ["default"] = new JsonObject { ["$ref"] = ProblemReference } },
        };
        if (rule.Body.Length > 0)
            operation["requestBody"] = RequestBody(input, rule.Body);
        if (rpc.Access.RequirementCase == Access.RequirementOneofCase.Anonymous)
            operation["security"] = new JsonArray();
        return operation;
    }

    [GeneratedRegex(@"\{([a-z_.]+)\}")]
    private static partial Regex PathVariable();

    private static string Summary(Rpc rpc)
    {
        var first = rpc.Comment?.Split('\n')[0] ?? "";
        var end = first.IndexOf(". ", StringComparison.Ordinal);
        return first.Length == 0 ? WordBoundary().Replace(rpc.Method.Name, " $1").Trim() : (end < 0 ? first : first[..end]).TrimEnd('.');
    }

    [GeneratedRegex("([A-Z])")]
    private static partial Regex WordBoundary();

    private static string Description(Rpc rpc)
    {
        var access = rpc.Access.RequirementCase switch
        {
            Access.RequirementOneofCase.Permission => $"Requires the permission `{rpc.Access.Permission}`.",
            Access.RequirementOneofCase.Authenticated => "Requires a signed-in caller.",
            _ => "Needs no sign-in.",
        };
        if (rpc.Access.Devices)
            access += " Devices may call it with `Authorization: Device <credential>`.";
        return $"{rpc.Comment}\n\n{access} gRPC: `{rpc.Package}.{rpc.Service}/{rpc.Method.Name}`.".Trim();
    }

    private JsonObject PathParameter(MessageType input, string variable)
    {
        var (field, comment) = Find(input, variable);
        return new JsonObject { ["name"] = variable, ["in"] = "path", ["required"] = true, ["schema"] = schemas.Field(field, comment) };
    }

    private (Google.Protobuf.Reflection.FieldDescriptorProto Field, string? Comment) Find(MessageType message, string path)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
            message = contract.Message(message.Descriptor.Field.Single(field => field.Name == name).TypeName);
        var index = message.Descriptor.Field.Select((field, i) => (field, i)).Single(pair => pair.field.Name == names[^1]).i;
        return (message.Descriptor.Field[index], message.FieldComments[index]);
    }

    /// <summary>What neither path nor body binds comes from the query; messages and maps have no form there.</summary>
    private void AddQueryParameters(JsonArray parameters, MessageType input, HashSet<string> bound, string body)
    {
        for (var i = 0; i < input.Descriptor.Field.Count; i++)
        {
            var field = input.Descriptor.Field[i];
            var isMessage = field.Type == FieldType.Message && !SchemaBuilder.IsWellKnown(field.TypeName);
            if (field.Name == body || bound.Contains(field.Name) || isMessage)
                continue;
            parameters.Add(new JsonObject { ["name"] = field.JsonName, ["in"] = "query", ["schema"] = schemas.Field(field, input.FieldComments[i]) });
        }
    }

    private JsonObject RequestBody(MessageType input, string body)
    {
        var schema = body == "*" ? schemas.Reference($".{input.FullName}") : schemas.Field(Find(input, body).Field, null);
        return new JsonObject { ["required"] = true, ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } };
    }

    private JsonObject Success(Rpc rpc)
    {
        // A stream of nothing but bytes goes over HTTP as a plain body, by an endpoint of its own.
        if (rpc.Method.ServerStreaming && contract.Message(rpc.Method.OutputType).Descriptor.Field is [{ Type: FieldType.Bytes }])
        {
            var file = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
            return new JsonObject { ["description"] = "The file.", ["content"] = new JsonObject { ["application/x-ndjson"] = file, ["text/csv"] = file.DeepClone() } };
        }

        var media = rpc.Method.ServerStreaming ? "application/x-ndjson" : "application/json";
        return new JsonObject
        {
            ["description"] = rpc.Method.ServerStreaming ? "One JSON object a line, as they come." : "Done.",
            ["content"] = new JsonObject { [media] = new JsonObject { ["schema"] = schemas.Reference(rpc.Method.OutputType) } },
        };
    }
}
