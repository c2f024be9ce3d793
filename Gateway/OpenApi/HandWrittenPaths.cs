using System.Text.Json.Nodes;

namespace AiMesh.Gateway.OpenApi;

/// <summary>What protobuf cannot say: the OpenAI-compatible entry, the WebSocket, archives, where browsers sign in, and health.</summary>
internal static class HandWrittenPaths
{
    public static void AddTo(SortedDictionary<string, JsonObject> paths)
    {
        paths["/v1/chat/completions"] = new JsonObject
        {
            ["post"] = Operation("OpenAI", "OpenAI-compatible chat completions",
                "Set the base URL of an OpenAI SDK to this gateway's /v1 and its API key to one of POST /api/auth/api-keys, or to an access token. Streams server-sent events when `stream` is true. "
                + "Requires the permission `ai:chat`. Errors have OpenAI's shape.",
                new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("messages"),
                    ["properties"] = new JsonObject
                    {
                        ["model"] = new JsonObject { ["type"] = "string", ["description"] = "As GET /v1/models lists it, or \"auto\".", ["example"] = "auto" },
                        ["messages"] = new JsonObject
                        {
                            ["type"] = "array",
                            ["items"] = new JsonObject
                            {
                                ["type"] = "object",
                                ["properties"] = new JsonObject
                                {
                                    ["role"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("system", "user", "assistant") },
                                    ["content"] = new JsonObject { ["type"] = "string" },
                                },
                            },
                        },
                        ["stream"] = new JsonObject { ["type"] = "boolean" },
                        ["max_completion_tokens"] = new JsonObject { ["type"] = "integer" },
                        ["temperature"] = new JsonObject { ["type"] = "number" },
                    },
                }),
        };
        paths["/v1/models"] = new JsonObject { ["get"] = Operation("OpenAI", "Models in OpenAI's shape", "Requires the permission `ai:models:read`.") };
        paths["/api/iot/live"] = new JsonObject
        {
            ["get"] = Operation("Readings", "Live readings over WebSocket",
                "Upgrade to a WebSocket; each message is a WatchReadingsResponse in JSON. `?device=` narrows to one device; browsers, which cannot set headers here, "
                + "send the access token as `?access_token=`. Requires the permission `iot:read:{device}`."),
        };
        paths["/api/auth/exports/{export}/archive"] = new JsonObject
        {
            ["get"] = Operation("Privacy", "The archive of an export",
                "A ZIP archive of JSON Lines files, one a store, and manifest.json with the SHA-256 of each. For whoever asked for the export, until its expireTime.",
                parameters: new JsonArray(new JsonObject
                {
                    ["name"] = "export",
                    ["in"] = "path",
                    ["required"] = true,
                    ["description"] = "Export.id.",
                    ["schema"] = new JsonObject { ["type"] = "string" },
                })),
        };
        AddSignIn(paths);
        var health = Operation("Mesh", "Health of the whole mesh", "200 when every service is healthy, 503 otherwise; the body names each.");
        health["security"] = new JsonArray();
        paths["/health"] = new JsonObject { ["get"] = health };
    }

    /// <summary>They answer browsers, with redirects, and so have no place in the contract.</summary>
    private static void AddSignIn(SortedDictionary<string, JsonObject> paths)
    {
        var start = Operation("ExternalSignIn", "Sign in through an identity provider",
            "Redirects a browser to the provider. With `?return_to=` (one of the configured addresses) and `?code_challenge=` (S256, RFC 7636) it ends there, with `?code=` for "
            + "POST /api/auth/external:exchange; otherwise the callback answers with tokens.");
        var callback = Operation("ExternalSignIn", "Back from the identity provider", "Where the provider sends the browser: to be registered there as redirect URI.");
        foreach (var (step, operation) in new[] { ("start", start), ("callback", callback) })
        {
            operation["security"] = new JsonArray();
            operation["parameters"] = PathParameters();
            paths[$"/api/auth/external/{{organisation}}/{{identityProvider}}/{step}"] = new JsonObject { ["get"] = operation };
        }

        static JsonArray PathParameters() => [PathParameter("organisation"), PathParameter("identityProvider")];

        static JsonObject PathParameter(string name) => new()
        {
            ["name"] = name,
            ["in"] = "path",
            ["required"] = true,
            ["schema"] = new JsonObject { ["type"] = "string" },
        };
    }

    private static JsonObject Operation(string tag, string summary, string description, JsonObject? body = null, JsonArray? parameters = null)
    {
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(tag),
            ["summary"] = summary,
            ["description"] = description,
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject { ["description"] = "Done." },
                ["default"] = new JsonObject { ["$ref"] = OperationBuilder.ProblemReference },
            },
        };
        if (parameters is not null)
            operation["parameters"] = parameters;
        if (body is not null)
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = body } } };
        return operation;
    }
}
