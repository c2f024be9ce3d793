using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace AiMesh.Gateway.Tests.Http2;

[Trait("Level", "Server")]
public sealed class Http2PriorKnowledgeTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task OnePort_ServesBothVersions(string version)
    {
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/alive") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Version.Parse(version), response.Version);
    }

    [Fact]
    public async Task GrpcRoute_ReachesTheServiceOverHttp2()
    {
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/aimesh.data.v1.Items/ListItems") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request);
        Assert.Equal("HTTP/2", response.Headers.GetValues("X-Seen-Protocol").Single());
    }

    [Fact]
    public async Task ManyStreams_OnOneConnection_AllAnswer()
    {
        using var client = gateway.Client();
        var calls = Enumerable.Range(0, 200).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/alive") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(request);
            return response.StatusCode;
        });
        Assert.All(await Task.WhenAll(calls), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task PrefaceInPieces_IsStillRecognised()
    {
        using var socket = await ConnectAsync();
        foreach (var piece in new[] { "PRI * HT", "TP/2.0\r\n\r\nS", "M\r\n\r\n" })
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(piece));
            await Task.Delay(30);
        }

        await socket.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }); // SETTINGS, empty
        var answer = new byte[9];
        var received = await socket.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(9, received);
        Assert.Equal(4, answer[3]); // The server's own SETTINGS frame.
    }

    [Theory]
    [InlineData("PRI")]
    [InlineData("PRI * HTTP/2.0\r\n\r\n")]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    public async Task BrokenOpening_EndsThatConnectionOnly(string opening)
    {
        using (var socket = await ConnectAsync())
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(opening));
            socket.Shutdown(SocketShutdown.Send);
            await ReadToTheEndAsync(socket);
        }

        using var client = gateway.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive")).StatusCode);
    }

    [Fact]
    public async Task WebSocket_PassesThrough()
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {gateway.Authority.Token("u", "o")}");
        var address = new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/api/iot/live" }.Uri;
        await socket.ConnectAsync(address, CancellationToken.None);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[16];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    /// <summary>The server may end with a reset: it closes while bytes that it will not read still arrive.</summary>
    private static async Task ReadToTheEndAsync(Socket socket)
    {
        var rest = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(rest).WaitAsync(TimeSpan.FromSeconds(10)) > 0)
            {
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        return socket;
    }
}
