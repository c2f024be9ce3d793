using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Hardening;

[Trait("Level", "Server")]
public sealed class HardeningTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("/api/data/datasets", "default-src 'none'")]
    [InlineData("/no/such/thing", "default-src 'none'")]
    [InlineData("/docs/index.html", "default-src 'self'")]
    public async Task EveryAnswer_TellsBrowsersWhatTheyMayDo(string path, string policy)
    {
        using var client = gateway.Client();
        using var answer = await client.GetAsync(path);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.StartsWith(policy, answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public Task WithACertificate_TlsIsServed_WithHstsAndHttp2(SslProtocols version) => WithTlsAsync(async (port, certificate) =>
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.Thumbprint },
        };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20 };
        using var answer = await client.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}/alive")));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
    });

    /// <summary>Written by hand, as clients of today do not offer these versions. A server that would speak them refuses, if at all, for another reason.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task OldTls_IsRefusedForItsVersion(byte minor) => WithTlsAsync(async (port, _) =>
    {
        byte[] hello =
        [
            0x03, minor, .. new byte[32], 0, // Version, random, no session
            0, 6, 0xC0, 0x09, 0xC0, 0x0A, 0x00, 0x2F, 1, 0, // ECDHE-ECDSA and RSA with AES-CBC, no compression
            0, 14, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, // P-256, uncompressed points
        ];
        byte[] record = [0x16, 0x03, 0x01, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello];
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(record);

        var alert = new byte[7];
        await stream.ReadExactlyAsync(alert).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((0x15, 70), (alert[0], alert[6])); // https://www.rfc-editor.org/rfc/rfc5246#section-7.2.2: protocol_version
    });

    [Fact]
    public async Task ConnectionThatSaysNothing_IsKeptAsLongAsAnIdleOne_AndNoLonger()
    {
        // Clients open connections ahead of need; one that is closed just as they send costs them the request.
        await using var brief = await GatewayFixture.StartAsync(["Gateway:KeepAliveTimeout=00:00:02"], gateway);
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var kept = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await kept.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await closed.ConnectAsync(IPAddress.Loopback, brief.Address.Port);
        await AssertClosesAsync(closed, TimeSpan.FromSeconds(30));
        await Task.Delay(TimeSpan.FromSeconds(10));

        await kept.SendAsync("GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
        var buffer = new byte[64];
        Assert.True(await kept.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30)) > 0);
        Assert.StartsWith("HTTP/1.1 200", System.Text.Encoding.ASCII.GetString(buffer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PRI * HT")]
    [InlineData("GET /alive HTTP/1.1\r\nHost: x\r\nX-Slow: ")]
    public async Task ClientThatStopsSending_LosesItsConnection(string opening)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(opening));
        await AssertClosesAsync(socket, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task BodyThatDrips_LosesItsConnection()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(
            $"POST /api/data/datasets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Authority.Token("u", "o")}\r\nContent-Length: 100000\r\n\r\n"));
        using var over = new CancellationTokenSource();
        var dripping = Task.Run(async () =>
        {
            try
            {
                while (!over.IsCancellationRequested)
                {
                    await socket.SendAsync("x"u8.ToArray());
                    await Task.Delay(200);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Closed by the gateway, which is what the test waits for.
            }
        });
        await AssertClosesAsync(socket, TimeSpan.FromSeconds(30));
        await over.CancelAsync();
        await dripping;
    }

    private async Task WithTlsAsync(Func<int, X509Certificate2, Task> use)
    {
        var port = FreePort.Next();
        var file = Path.Combine(Path.GetTempPath(), $"aimesh-{Guid.NewGuid():N}.pfx");
        using var certificate = SelfSigned();
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12));
        try
        {
            await using var secure = await GatewayFixture.StartAsync(
                [string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:https:Url=https://127.0.0.1:{port}"), $"Kestrel:Endpoints:https:Certificate:Path={file}"], gateway);
            await use(port, certificate);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task AssertClosesAsync(Socket socket, TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset: closed as well.
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
