using System.Net;
using System.Net.Sockets;
using System.Text;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Providers.OpenAi;
using AiMesh.ProviderSimulator;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Tests.Providers;

/// <summary>The wire format, against a server that speaks it.</summary>
public sealed class OpenAiChatClientTests : IAsyncLifetime, IDisposable
{
    private const string Key = "sk-wire-7721d0";
    private static readonly ChatOptions Options = new() { ModelId = "sim-small", MaxOutputTokens = 100, Temperature = 0.5f, StopSequences = ["END"] };

    private Simulator _simulator = null!;
    private OpenAiChatClient _client = null!;

    public async Task InitializeAsync()
    {
        _simulator = await Simulator.StartAsync(Key);
        _client = new OpenAiChatClient(_simulator.BaseUrl, Key, "max_tokens", TimeProvider.System);
    }

    public async Task DisposeAsync() => await _simulator.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_WithUsage_IsReadWhole(bool stream)
    {
        var script = new Script { Text = "Grüße, 千の夢! 😀", Cached = 3, Reasoning = 5 };

        var response = await AskAsync(script, stream);

        var billed = Assert.Single(_simulator.State.Requests);
        Assert.Equal(script.Text, response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(billed.PromptTokens, response.Usage!.InputTokenCount);
        Assert.Equal(billed.CompletionTokens, response.Usage.OutputTokenCount);
        Assert.Equal(3, response.Usage.CachedInputTokenCount);
        Assert.Equal(5, response.Usage.ReasoningTokenCount);
        var body = Assert.Single(_simulator.State.Bodies);
        Assert.Contains("\"temperature\":0.5", body, StringComparison.Ordinal);
        Assert.Contains("\"max_tokens\":100", body, StringComparison.Ordinal);
        Assert.Contains("\"stop\":[\"END\"]", body, StringComparison.Ordinal);
        Assert.Equal(stream, body.Contains("\"include_usage\":true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answer_ThatIsCut_EndsWithLength()
    {
        var response = await AskAsync(new Script { Tokens = 300 }, stream: true);

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Theory]
    [InlineData(429, "rate_limit_exceeded", 7.0, "RateLimited")]
    [InlineData(503, "overloaded", 0.25, "Server")]
    [InlineData(500, null, null, "Server")]
    [InlineData(400, "context_length_exceeded", null, "Refused")]
    [InlineData(404, "model_not_found", null, "NoSuchModel")]
    [InlineData(401, "invalid_api_key", null, "Unauthorised")]
    public async Task Error_ByStatus_HasFailureCodeAndWhenToComeAgain(int status, string? code, double? retryAfter, string failure)
    {
        var exception = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(new Script { Status = status, Code = code, RetryAfter = retryAfter }, stream: true));

        Assert.Equal(failure, exception.Failure.ToString());
        Assert.Equal(status, exception.Status);
        Assert.Equal(code ?? "server_error", exception.Code);
        Assert.Equal(retryAfter, exception.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task Error_WithADateInRetryAfter_IsReadAgainstTheClock()
    {
        var at = DateTimeOffset.UtcNow.AddSeconds(90).ToString("R");
        var (address, serving) = Serve($"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {at}\r\nContent-Length: 6\r\nContent-Type: text/html\r\n\r\n<html>");
        using var client = new OpenAiChatClient(address, Key, "max_tokens", TimeProvider.System);

        var exception = await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync([new(ChatRole.User, "hi")], Options));

        Assert.InRange(exception.RetryAfter!.Value.TotalSeconds, 80, 91);
        await serving;
    }

    [Fact]
    public async Task Error_ThatQuotesTheKey_DoesNotCarryItOn()
    {
        using var client = new OpenAiChatClient(_simulator.BaseUrl, "sk-wrong-5f5f", "max_tokens", TimeProvider.System);

        var exception = await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync([new(ChatRole.User, "hi")], Options));

        Assert.Equal(ProviderFailure.Unauthorised, exception.Failure);
        Assert.DoesNotContain("sk-wrong", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Stream_ThatIsCutOff_FailsAsBroken(int tokens)
    {
        var received = new List<string>();
        var exception = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var update in Stream(new Script { BreakAfter = tokens }))
                received.Add(update.Text);
        });

        Assert.Equal(ProviderFailure.Broken, exception.Failure);
        Assert.Equal(Tokens.Filler(tokens), string.Concat(received));
    }

    [Fact]
    public async Task Stream_WithAMalformedChunk_FailsAsMalformed()
    {
        var exception = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(new Script { MalformedAfter = 2 }, stream: true));

        Assert.Equal(ProviderFailure.Malformed, exception.Failure);
    }

    [Fact]
    public async Task Stream_WithAnErrorInside_FailsAsServer()
    {
        var exception = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(new Script { ErrorAfter = 2 }, stream: true));

        Assert.Equal(ProviderFailure.Server, exception.Failure);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"choices\":[]}")]
    [InlineData("[1]")]
    [InlineData("not json")]
    public async Task Response_ThatIsNone_FailsAsMalformed(string body)
    {
        var (address, serving) = Serve($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        using var client = new OpenAiChatClient(address, null, "max_tokens", TimeProvider.System);

        var exception = await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync([new(ChatRole.User, "hi")], Options));

        Assert.Equal(ProviderFailure.Malformed, exception.Failure);
        await serving;
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var elsewhere = await Simulator.StartAsync();
        var (address, serving) = Serve($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.BaseUrl}/chat/completions\r\nContent-Length: 0\r\n\r\n");
        using var client = new OpenAiChatClient(address, Key, "max_tokens", TimeProvider.System);

        await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync([new(ChatRole.User, "hi")], Options));

        Assert.Empty(elsewhere.State.Requests);
        await serving;
    }

    private async Task<ChatResponse> AskAsync(Script script, bool stream)
    {
        if (stream) return await Stream(script).ToChatResponseAsync();
        _simulator.State.Enqueue(script);
        return await _client.GetResponseAsync([new(ChatRole.System, "Be brief."), new(ChatRole.User, "Grüezi")], Options);
    }

    private IAsyncEnumerable<ChatResponseUpdate> Stream(Script script)
    {
        _simulator.State.Enqueue(script);
        return _client.GetStreamingResponseAsync([new(ChatRole.System, "Be brief."), new(ChatRole.User, "Grüezi")], Options);
    }

    /// <summary>A server that gives one answer, whatever it is asked.</summary>
    private static (Uri Address, Task Serving) Serve(string answer)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1"), Task.Run(async () =>
        {
            using var connection = await listener.AcceptTcpClientAsync();
            var stream = connection.GetStream();
            var buffer = new byte[16 * 1024];
            _ = await stream.ReadAsync(buffer);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            listener.Stop();
        }));
    }
}
