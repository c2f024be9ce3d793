using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Providers.OpenAi;

/// <summary>
/// Speaks OpenAI's chat completions, which many others speak too (https://platform.openai.com/docs/api-reference/chat). It neither
/// retries nor fails over: that is the routing's business.
/// </summary>
internal sealed class OpenAiChatClient : IChatClient
{
    private readonly HttpClient _http;
    private readonly OpenAiErrors _errors;
    private readonly string _maxTokensField;

    public OpenAiChatClient(Uri baseUrl, string? apiKey, string maxTokensField, TimeProvider time)
    {
        _errors = new OpenAiErrors(time);
        _maxTokensField = maxTokensField;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // A redirect would carry the key to wherever it points.
            AllowAutoRedirect = false,
            // A host that does not even connect has to be known well within the two seconds of a failover.
            ConnectTimeout = TimeSpan.FromSeconds(1.5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + "/"),

            // Time is kept per piece of the answer, see CallRunner.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(apiKey)) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(messages, options, stream: false, cancellationToken);
        using var body = await ReadAsync(() => response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        return OpenAiWire.ReadResponse(body.RootElement);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(messages, options, stream: true, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

        var finished = false;
        while (await MoveNextAsync(events, cancellationToken))
        {
            var data = events.Current.Data;
            if (data == "[DONE]") yield break;
            if (data.Length == 0) continue;

            var update = OpenAiWire.ReadChunk(data);
            finished |= update.FinishReason is not null;
            yield return update;
        }

        // Some endpoints leave out [DONE]; none may leave out the reason why it stopped.
        if (!finished) throw new ProviderException(ProviderFailure.Broken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions")
        {
            Content = new ByteArrayContent(OpenAiWire.WriteRequest(messages, options, stream, _maxTokensField))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        request.Headers.Accept.ParseAdd(stream ? "text/event-stream" : "application/json");

        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The connect timeout looks like a cancellation, and a cancellation may look like a broken connection.
            cancellationToken.ThrowIfCancellationRequested();
            throw new ProviderException(ProviderFailure.Connection, inner: exception);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response)
            throw await _errors.ReadAsync(response, cancellationToken);
    }

    private static async Task<JsonDocument> ReadAsync(Func<Task<Stream>> open, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await open();
            return await JsonDocument.ParseAsync(stream, default, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw new ProviderException(ProviderFailure.Malformed, inner: exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ProviderException(ProviderFailure.Broken, inner: exception);
        }
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ProviderException(ProviderFailure.Broken, inner: exception);
        }
    }
}
