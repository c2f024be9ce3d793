using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Providers.OpenAi;
using AiMesh.Testing;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Tests.Providers;

/// <summary>Endpoints that are not there, or do not talk.</summary>
public sealed class OpenAiConnectionTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "hi")];
    private static readonly ChatOptions Options = new() { ModelId = "sim-small" };

    [Fact]
    public async Task Nobody_FailsAsConnection()
    {
        using var client = new OpenAiChatClient(new Uri($"http://127.0.0.1:{FreePort.Next()}/v1"), null, "max_tokens", TimeProvider.System);

        var exception = await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync(Hello, Options));

        Assert.Equal(ProviderFailure.Connection, exception.Failure);
    }

    [Fact]
    public async Task Host_ThatNeverAcceptsAConnection_FailsAsConnectionLongBeforeAnAnswerIsDue()
    {
        // The kernel answers no more connections once the backlog of a listener that accepts none is full.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using var client = new OpenAiChatClient(new Uri($"http://{listener.LocalEndPoint}/v1"), null, "max_tokens", TimeProvider.System);
        var started = Stopwatch.GetTimestamp();

        var exception = await Assert.ThrowsAsync<ProviderException>(() => client.GetResponseAsync(Hello, Options));

        Assert.Equal(ProviderFailure.Connection, exception.Failure);
        // A second when the machine has nothing else to do; answers are waited for three times as long as this.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Caller_WhoCancels_IsNoFailureOfTheProvider(bool stream)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new OpenAiChatClient(new Uri($"http://{listener.LocalEndpoint}/v1"), null, "max_tokens", TimeProvider.System);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream
            ? client.GetStreamingResponseAsync(Hello, Options, cancellation.Token).ToChatResponseAsync()
            : client.GetResponseAsync(Hello, Options, cancellation.Token));
    }
}
