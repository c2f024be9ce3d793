using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiMesh.Gateway.Tests.Conformance;

/// <summary>HTTP/1.1 that two servers could read differently is refused before anything is forwarded: RFC 9112 sections 2.2, 3, 5, 6, 11.2.</summary>
[Trait("Level", "Server")]
public sealed class Http1Tests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Smuggled = "GET /api/data/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    public static TheoryData<string, string> Refused => new()
    {
        { "Content-Length and Transfer-Encoding", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "Transfer-Encoding and Content-Length", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + Smuggled },
        { "two lengths", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + Smuggled },
        { "the same length twice", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" },
        { "a list of lengths", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 4, 5\r\n\r\nabcd" },
        { "a negative length", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: -1\r\n\r\n" },
        { "a hexadecimal length", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Content-Length: 0x4\r\n\r\nabcd" },
        { "an unknown transfer coding", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
        { "chunked not last", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
        { "two transfer codings", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" },
        { "a folded header", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}X-Folded: a\r\n b\r\n\r\n" },
        { "space before the colon", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}X-Space : a\r\n\r\n" },
        { "a hidden transfer coding", "POST /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
        { "a header without colon", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}nonsense\r\n\r\n" },
        { "NUL in a header", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}X-Nul: a\0b\r\n\r\n" },
        { "NUL in the target", "GET /api/data/front\0 HTTP/1.1\r\nHost: x\r\n{auth}\r\n" },
        { "an encoded NUL in the path", "GET /api/data/front%00 HTTP/1.1\r\nHost: x\r\n{auth}\r\n" },
        { "CR in a header", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}X-Cr: a\rb\r\n\r\n" },
        { "no host", "GET /api/data/front HTTP/1.1\r\n{auth}\r\n" },
        { "two hosts", "GET /api/data/front HTTP/1.1\r\nHost: x\r\nHost: y\r\n{auth}\r\n" },
        { "another host in the absolute form", "GET http://evil.example/api/data/front HTTP/1.1\r\nHost: x\r\n{auth}\r\n" },
        { "an unknown version", "GET /api/data/front HTTP/1.9\r\nHost: x\r\n{auth}\r\n" },
        { "a huge header", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}X-Huge: {huge}\r\n\r\n" },
        { "a huge target", "GET /api/data/front?{huge} HTTP/1.1\r\nHost: x\r\n{auth}\r\n" },
        { "too many headers", "GET /api/data/front HTTP/1.1\r\nHost: x\r\n{auth}{many}\r\n" },
        { "bare line feeds", "GET /api/data/front HTTP/1.1\nHost: x\n{auth}\n" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task AmbiguousRequest_IsRefused_AndNeitherItNorWhatItHidesIsForwarded(string what, string request)
    {
        var path = $"/api/data/{Guid.NewGuid():N}";
        var answer = await SendAsync(request.Replace("/api/data/front", path, StringComparison.Ordinal));
        Assert.Matches("^HTTP/1.1 (400|411|414|431|501|505) ", answer);
        Assert.Equal(1, CountAnswers(answer)); // Nothing after it on the same connection.
        Assert.False(gateway.Service.Seen.ContainsKey(path), what);
        Assert.False(gateway.Service.Seen.ContainsKey("/api/data/smuggled"), what);
    }

    [Theory]
    [InlineData("zz\r\nabcd\r\n0\r\n\r\n")]
    [InlineData("4 \r\nabcd\r\n0\r\n\r\n")]
    [InlineData("-4\r\nabcd\r\n0\r\n\r\n")]
    [InlineData("0x4\r\nabcd\r\n0\r\n\r\n")]
    [InlineData("fffffffff\r\nabcd\r\n0\r\n\r\n")]
    [InlineData("4\r\nabcdef\r\n0\r\n\r\n")]
    public async Task BadChunk_EndsTheRequest_AndWhatFollowsIsNotForwarded(string body)
    {
        var answer = await SendAsync($"POST /api/data/chunks HTTP/1.1\r\nHost: x\r\n{{auth}}Transfer-Encoding: chunked\r\n\r\n{body}{Smuggled}");
        Assert.Matches("^HTTP/1.1 400 ", answer);
        Assert.Equal(1, CountAnswers(answer));
        Assert.False(gateway.Service.Seen.ContainsKey("/api/data/smuggled"));
    }

    [Theory]
    [InlineData("POST /api/data/good HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n4;ext=1\r\nabcd\r\n0\r\n\r\n")]
    [InlineData("POST /api/data/good HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\nContent-Length: 4\r\n\r\nabcd")]
    [InlineData("GET http://x/api/data/good HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\n\r\n")]
    public async Task ProperRequest_IsServed(string request) => Assert.StartsWith("HTTP/1.1 200 ", await SendAsync(request), StringComparison.Ordinal);

    [Fact]
    public async Task OddlyWrittenLength_IsForwardedPlainly()
    {
        var answer = await SendAsync("POST /api/data/good HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\nContent-Length: +04\r\n\r\nabcd");
        Assert.Contains("\"Content-Length\":\"4\"", answer, StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        var text = request
            .Replace("{auth}", $"Authorization: Bearer {gateway.Authority.Token("u", "o")}\r\n", StringComparison.Ordinal)
            .Replace("{huge}", new string('x', 70_000), StringComparison.Ordinal)
            .Replace("{many}", string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n")), StringComparison.Ordinal);
        var answer = new StringBuilder();
        var buffer = new byte[8192];
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(text));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            int length;
            while ((length = await socket.ReceiveAsync(buffer, patience.Token)) > 0)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, length));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Reset after the refusal, or kept open: what was answered until then counts.
        }

        return answer.ToString();
    }

    private static int CountAnswers(string text) => text.Split("HTTP/1.1 ").Length - 1;
}
