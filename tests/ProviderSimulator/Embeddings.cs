using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AiMesh.ProviderSimulator;

/// <summary>POST /v1/embeddings: unit vectors of eight numbers that follow from the text alone.</summary>
internal static class Embeddings
{
    private const int Dimensions = 8;

    public static async Task ServeAsync(HttpContext httpContext)
    {
        var root = await JsonNode.ParseAsync(httpContext.Request.Body, cancellationToken: httpContext.RequestAborted);
        string[] inputs = root?["input"] switch
        {
            JsonArray many => [.. many.Select(i => i!.GetValue<string>())],
            JsonValue one => [one.GetValue<string>()],
            _ => [],
        };
        if (inputs.Length == 0)
        {
            await Errors.WriteAsync(httpContext, 400, "invalid_request_error", "input is missing");
            return;
        }

        var tokens = inputs.Sum(i => Tokens.Cut(i).Count());
        var body = new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. inputs.Select((input, index) => new JsonObject { ["object"] = "embedding", ["index"] = index, ["embedding"] = new JsonArray([.. Vector(input).Select(v => JsonValue.Create(v))]) })]),
            ["model"] = root!["model"]?.GetValue<string>(),
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        };
        httpContext.Response.ContentType = "application/json";
        await httpContext.Response.WriteAsync(body.ToJsonString(), httpContext.RequestAborted);
    }

    private static IEnumerable<double> Vector(string text)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        var values = Enumerable.Range(0, Dimensions).Select(i => (hash[i] / 127.5) - 1).ToArray();
        var length = Math.Sqrt(values.Sum(v => v * v));
        return values.Select(v => v / length);
    }
}
