using System.Net;
using AiMesh.AuthService.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Tests.Sessions;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", null, "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("::1", "203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    [InlineData("203.0.113.9", "198.51.100.1", "203.0.113.9")]
    [InlineData("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", null, "2001:db8:1:2::/64")]
    public void Of_ByDefault_BelievesLoopbackProxiesOnly(string peer, string? forwarded, string expected) =>
        Assert.Equal(expected, Create().Of(Request(peer, forwarded)));

    [Theory]
    [InlineData("10.0.0.2", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "203.0.113.7", "127.0.0.1")]
    [InlineData("10.0.0.3", "203.0.113.7", "10.0.0.3")]
    public void Of_WithConfiguredProxy_BelievesThatOneOnly(string peer, string forwarded, string expected) =>
        Assert.Equal(expected, Create("10.0.0.2").Of(Request(peer, forwarded)));

    [Theory]
    [InlineData("127.0.0.1", "http", "https", "http://mesh.example/")]
    [InlineData("127.0.0.1", "https", "http", "https://mesh.example/")]
    [InlineData("127.0.0.1", "javascript", "https", "https://mesh.example/")]
    [InlineData("203.0.113.9", "http", "https", "https://auth/")]
    public void ReachedAt_IsWhereTheClientCameTo_NotTheGateway(string peer, string forwardedScheme, string ownScheme, string expected)
    {
        var context = Request(peer, forwarded: null);
        (context.Request.Scheme, context.Request.Host) = (ownScheme, new HostString("auth"));
        context.Request.Headers["X-Forwarded-Proto"] = forwardedScheme;
        context.Request.Headers["X-Forwarded-Host"] = "mesh.example";
        Assert.Equal(expected, Create().ReachedAt(context).AbsoluteUri);
    }

    private static ClientAddress Create(params string[] proxies)
    {
        var options = new BackoffOptions();
        foreach (var proxy in proxies) options.TrustedProxies.Add(proxy);
        return new ClientAddress(Options.Create(options));
    }

    private static DefaultHttpContext Request(string peer, string? forwarded)
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(peer) } };
        if (forwarded is not null) context.Request.Headers["X-Forwarded-For"] = forwarded;
        return context;
    }
}
