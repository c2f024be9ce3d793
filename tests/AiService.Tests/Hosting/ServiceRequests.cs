using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>What callers over HTTP do, and what they get.</summary>
internal static class ServiceRequests
{
    /// <summary>POST /api/ai/ask, JSON in and out.</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(this AiServiceHost service, string token, object question)
    {
        using var request = Question(token, question, "application/json");
        using var response = await service.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>GET with JSON out.</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(this AiServiceHost service, string token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var response = await service.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>POST /api/ai/ask as a stream of events, read to its end.</summary>
    public static async Task<List<(string Name, JsonElement Data)>> AskEventsAsync(this AiServiceHost service, string token, object question)
    {
        using var request = Question(token, question, "text/event-stream");
        using var response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var events = new List<(string, JsonElement)>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
            events.Add((item.EventType, JsonElement.Parse(item.Data)));
        return events;
    }

    public static HttpRequestMessage Question(string token, object question, string accept) => new(HttpMethod.Post, "/api/ai/ask")
    {
        Content = question is string json ? new StringContent(json, new MediaTypeHeaderValue("application/json")) : JsonContent.Create(question),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token), Accept = { new MediaTypeWithQualityHeaderValue(accept) } },
    };

    /// <summary>The joined pieces of a streamed answer.</summary>
    public static string Text(this IEnumerable<(string Name, JsonElement Data)> events) =>
        string.Concat(events.Where(e => e.Name == "delta").Select(e => e.Data.GetProperty("delta").GetString()));

    /// <summary>Names of the fields that a gRPC error blames.</summary>
    public static IEnumerable<string> Fields(this RpcException exception) =>
        exception.ToStatus().Detail<BadRequest>()?.FieldViolations.Select(v => v.Field) ?? [];

    public static string Reason(this RpcException exception) => exception.ToStatus().Detail<ErrorInfo>()?.Reason ?? "";

    /// <summary>Names of the fields that a google.rpc.Status in JSON blames.</summary>
    public static IEnumerable<string> Fields(this JsonElement status) => status.GetProperty("details").EnumerateArray()
        .Where(d => d.TryGetProperty("fieldViolations", out _))
        .SelectMany(d => d.GetProperty("fieldViolations").EnumerateArray().Select(v => v.GetProperty("field").GetString()!));
}
