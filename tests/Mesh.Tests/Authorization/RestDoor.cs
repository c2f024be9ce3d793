using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grpc.Core;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>A REST route of the annotations.</summary>
internal sealed partial record RestDoor(ContractCall Call, RestRoute Route, HttpClient Client) : Door(Call, "rest")
{
    protected override Task<Outcome> SendAsync(JsonObject request, Caller caller, CancellationToken cancellationToken)
    {
        var rest = request.DeepClone().AsObject();
        var path = Variable().Replace(Route.Template, match => Uri.EscapeDataString(Take(rest, match.Groups[1].Value.Split('.'))));
        var body = Route.Body switch
        {
            "" => null,
            "*" => rest.ToJsonString(),
            var field => (rest[field] ?? new JsonObject()).ToJsonString(),
        };
        if (Route.Body != "*")
            path += Query(rest.Where(field => field.Key != Route.Body && field.Value is JsonValue or JsonArray));
        return SendAsync(Client, Route.Verb, path, body, caller, cancellationToken);
    }

    /// <summary>Also for endpoints without an RPC.</summary>
    public static async Task<Outcome> SendAsync(HttpClient client, string verb, string path, string? body, Caller caller, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(new HttpMethod(verb), path);
        if (body is not null)
            message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (caller.Header is not null)
            message.Headers.TryAddWithoutValidation(caller.Header, caller.Value);
        try
        {
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return Outcome.OfHttp(response.StatusCode, Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken)));
        }
        catch (OperationCanceledException)
        {
            return Outcome.Open;
        }
        catch (HttpRequestException exception)
        {
            return new Outcome(StatusCode.Unavailable, exception.Message, "");
        }
    }

    /// <summary>What stands in the path does not stand in the body again.</summary>
    private static string Take(JsonObject request, ReadOnlySpan<string> path)
    {
        if (path.Length > 1)
            return Take(request[path[0]]!.AsObject(), path[1..]);
        var value = request[path[0]]!.GetValue<string>();
        request.Remove(path[0]);
        return value;
    }

    private static string Query(IEnumerable<KeyValuePair<string, JsonNode?>> fields)
    {
        var query = string.Join('&', fields.SelectMany(static field =>
            (field.Value is JsonArray several ? several : [field.Value!.DeepClone()]).Select(value => $"{field.Key}={Uri.EscapeDataString(value!.ToString())}")));
        return query.Length == 0 ? "" : $"?{query}";
    }

    [GeneratedRegex(@"\{([a-z_.]+)\}")]
    private static partial Regex Variable();
}
