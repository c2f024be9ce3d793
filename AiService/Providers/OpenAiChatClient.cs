using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Providers;

/// <summary>Any endpoint that speaks OpenAI's chat completions. Always streams: usage comes in the last chunk, also when little is left.</summary>
internal sealed class OpenAiChatClient(IHttpClientFactory clients, string provider, ProviderOptions options, string model) : IChatClient
{
    public const string ClientName = "provider";

    /// <summary>How long a provider may take to begin, and then be silent, before it counts as failed.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly Uri _address = new($"{options.BaseUrl!.ToString().TrimEnd('/')}/chat/completions");

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(Silence);
        using var client = clients.CreateClient(ClientName);
        using var response = await SendAsync(client, messages, options, silence.Token, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(stream).EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);

        var ended = false;
        while (!ended && await MoveNextAsync(events, cancellationToken))
        {
            silence.CancelAfter(Silence);
            ended = events.Current.Data == "[DONE]";
            if (!ended)
            {
                foreach (var update in Read(events.Current.Data))
                    yield return update;
            }
        }

        if (!ended)
            throw Broken("the stream ended early", null);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, IEnumerable<ChatMessage> messages, ChatOptions? settings, CancellationToken silence, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = JsonContent.Create(ToWire(messages, settings), OpenAiWireJson.Default.WireRequest) };
        if (options.ApiKey.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
        try
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw Refused(response);
        }
        catch (HttpRequestException exception)
        {
            throw new ProviderException("connection", $"The provider {provider} cannot be reached.", isTransient: true, inner: exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderException("timeout", $"The provider {provider} did not answer in time.", isTransient: true, inner: exception);
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Broken("the connection broke", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Broken("it fell silent", exception);
        }
    }

    private IEnumerable<ChatResponseUpdate> Read(string data)
    {
        WireChunk? chunk;
        try
        {
            chunk = JsonSerializer.Deserialize(data, OpenAiWireJson.Default.WireChunk);
        }
        catch (JsonException exception)
        {
            throw Broken("it sent something that is no chunk", exception);
        }

        if (chunk?.Error is not null)
            throw Broken("it reported an error", null);
        if (chunk?.Choices is [var choice, ..] && (choice.Delta?.Content is { Length: > 0 } || choice.FinishReason is not null))
            yield return new ChatResponseUpdate(ChatRole.Assistant, choice.Delta?.Content) { FinishReason = ToReason(choice.FinishReason) };
        if (chunk?.Usage is { } usage)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new UsageDetails
            {
                InputTokenCount = usage.PromptTokens,
                CachedInputTokenCount = usage.PromptTokensDetails?.CachedTokens,
                OutputTokenCount = usage.CompletionTokens,
                ReasoningTokenCount = usage.CompletionTokensDetails?.ReasoningTokens,
            })]);
        }
    }

    private WireRequest ToWire(IEnumerable<ChatMessage> messages, ChatOptions? settings) => new(
        model, [.. messages.Select(message => new WireMessage(message.Role.Value, message.Text))], true, new WireStreamOptions(true),
        settings?.Temperature, settings?.TopP, settings?.MaxOutputTokens, settings?.StopSequences is { Count: > 0 } stop ? [.. stop] : null);

    private ProviderException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - DateTimeOffset.UtcNow);
        return new ProviderException($"{status}", $"The provider {provider} answered {status}.", isTransient: status is 408 or 429 or >= 500 or 401 or 403, retryAfter);
    }

    private ProviderException Broken(string what, Exception? inner) => new("broken", $"The answer of the provider {provider} broke off: {what}.", isTransient: true, inner: inner);

    private static ChatFinishReason? ToReason(string? reason) => reason switch
    {
        null => null,
        "length" => ChatFinishReason.Length,
        "content_filter" => ChatFinishReason.ContentFilter,
        _ => ChatFinishReason.Stop,
    };
}
