using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests;

/// <summary>What an HTTP call answered: status, body as JSON where it is JSON, and the body as it came.</summary>
public sealed record Answer(HttpStatusCode Status, string? MediaType, JsonNode? Json, string Text)
{
    /// <summary>The body, after making sure that the call succeeded.</summary>
    public JsonNode Ok()
    {
        Assert.True((int)Status is >= 200 and < 300, $"Answered {(int)Status}: {Text}");
        return Json!;
    }
}

public static class JsonClient
{
    public static Task<Answer> FetchAsync(this HttpClient client, string path) => client.CallAsync(HttpMethod.Get, path, null);

    public static Task<Answer> PostAsync(this HttpClient client, string path, string json) => client.CallAsync(HttpMethod.Post, path, json);

    public static async Task<Answer> CallAsync(this HttpClient client, HttpMethod method, string path, string? body, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var type = response.Content.Headers.ContentType?.MediaType;
        return new Answer(response.StatusCode, type, type?.EndsWith("json", StringComparison.Ordinal) == true ? JsonNode.Parse(text) : null, text);
    }

    public static JsonArray Array(this JsonNode node, string name) => node[name]!.AsArray();

    public static string Text(this JsonNode node, string name) => node[name]!.GetValue<string>();
}
