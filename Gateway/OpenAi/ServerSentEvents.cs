using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AiMesh.Gateway.OpenAi;

/// <summary>Writes unnamed server-sent events, each flushed at once: https://html.spec.whatwg.org/multipage/server-sent-events.html.</summary>
internal sealed class ServerSentEvents
{
    private readonly HttpResponse _response;

    public ServerSentEvents(HttpResponse response)
    {
        _response = response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
    }

    public Task SendAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(JsonSerializer.Serialize(value, type), cancellationToken);

    public async Task SendAsync(string data, CancellationToken cancellationToken)
    {
        await _response.WriteAsync($"data: {data}\n\n", cancellationToken);
        await _response.Body.FlushAsync(cancellationToken);
    }
}
