using System.Text.Json.Nodes;
using Google.Api;

namespace AiMesh.Gateway.OpenApi;

/// <summary>One OpenAPI 3.1 document for the whole mesh, made from the contract (G7).</summary>
internal static class OpenApiDocument
{
    public static JsonObject Build(Contract contract)
    {
        var schemas = new SchemaBuilder(contract);
        var operations = new OperationBuilder(contract, schemas);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);

        foreach (var rpc in contract.Rpcs)
        {
            Add(rpc, rpc.Http, isFirst: true);
            foreach (var binding in rpc.Http.AdditionalBindings)
                Add(rpc, binding, isFirst: false);
        }

        HandWrittenPaths.AddTo(paths);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "AiMesh",
                ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3),
                ["description"] = "AI on an organisation's own data and devices: answers are built only from the rows and fields that the caller may see. "
                    + "Sign in with POST /api/auth/login, then press Authorize and paste the access token.",
            },
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = new JsonObject(paths.Select(path => KeyValuePair.Create(path.Key, (JsonNode?)path.Value))),
            ["components"] = new JsonObject
            {
                ["schemas"] = WithProblem(schemas.Schemas),
                ["responses"] = new JsonObject { ["Problem"] = ProblemResponse() },
                ["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" } },
            },
        };

        void Add(Rpc rpc, HttpRule rule, bool isFirst)
        {
            var (method, path) = rule.PatternCase switch
            {
                HttpRule.PatternOneofCase.Get => ("get", rule.Get),
                HttpRule.PatternOneofCase.Post => ("post", rule.Post),
                HttpRule.PatternOneofCase.Put => ("put", rule.Put),
                HttpRule.PatternOneofCase.Patch => ("patch", rule.Patch),
                HttpRule.PatternOneofCase.Delete => ("delete", rule.Delete),
                _ => throw new InvalidOperationException($"{rpc.Service}.{rpc.Method.Name} has an HTTP binding without a method."),
            };
            if (!paths.TryGetValue(path, out var item))
                paths[path] = item = [];
            item[method] = operations.Build(rpc, rule, path, isFirst);
        }
    }

    private static JsonObject ProblemResponse() => new()
    {
        ["description"] = "What went wrong, and the way out (RFC 9457).",
        ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
    };

    private static JsonObject WithProblem(JsonObject schemas)
    {
        static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };
        schemas["Problem"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["type"] = Text("Identifies the kind of problem."),
                ["title"] = Text("The kind of problem in words."),
                ["status"] = new JsonObject { ["type"] = "integer" },
                ["detail"] = Text("This occurrence in words."),
                ["instance"] = Text("Path of the request."),
                ["reason"] = Text("The kind of problem for programs, UPPER_SNAKE_CASE."),
                ["traceId"] = Text("Quote it when asking for help."),
                ["errors"] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JsonObject { ["field"] = Text("Field at fault."), ["description"] = Text("What is wrong with it and what is expected.") },
                    },
                },
            },
        };
        return schemas;
    }
}
