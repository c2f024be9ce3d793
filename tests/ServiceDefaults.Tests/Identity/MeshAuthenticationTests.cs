using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text.Encodings.Web;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Tests.Identity;

public sealed class MeshAuthenticationTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;
    private MeshHost _host = null!;

    public async Task InitializeAsync()
    {
        _authority = await TestAuthority.StartAsync();
        _host = await MeshHost.StartAsync(_authority, AddDeviceScheme, static app =>
        {
            app.UseWebSockets();
            app.MapGet("/who", static (HttpContext context) => $"{context.GetPrincipal().Kind}:{context.GetPrincipal().Subject}");
            app.Map("/socket", static async (HttpContext context) =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(context.GetPrincipal().Subject), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }).RequireSignIn();
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task Token_InTheAddress_CountsForNothing() =>
        Assert.Equal("Anonymous:", await _host.Http.GetStringAsync(new Uri($"/who?access_token={_authority.Token()}", UriKind.Relative)));

    [Fact]
    public async Task Token_InTheAddressOfAnUpgradeThatIsNone_CountsForNothing()
    {
        // Kestrel only offers an upgrade when the client asks for one by the rules; the header alone is not enough.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/who?access_token={_authority.Token()}", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        using var response = await _host.Http.SendAsync(request);

        Assert.Equal("Anonymous:", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task WebSocket_TakesItsTokenFromTheAddress()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(SocketAddress($"?access_token={_authority.Token()}"), CancellationToken.None);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None);

        Assert.Equal("alice", System.Text.Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    [Fact]
    public async Task WebSocket_WithoutToken_IsRefused()
    {
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(SocketAddress(""), CancellationToken.None));

        Assert.Equal(HttpStatusCode.Unauthorized, socket.HttpStatusCode);
    }

    [Fact]
    public async Task SchemeSelector_SendsARequestToAnotherScheme()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/who", UriKind.Relative)) { Headers = { { "x-device", "pump-1" } } };
        using var response = await _host.Http.SendAsync(request);

        Assert.Equal("Device:pump-1", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public void GetPrincipal_OfForeignIdentity_IsNobody()
    {
        var foreign = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "admin")], "cookie"));

        Assert.Same(Principal.Anonymous, foreign.GetPrincipal());
        Assert.Same(Principal.Anonymous, new ClaimsPrincipal().GetPrincipal());
    }

    [Fact]
    public async Task Start_WithWrongOptions_NamesThemAll()
    {
        await using var app = MeshHost.Build(_authority, new LogSink(), configure: null, static _ => { }, new Dictionary<string, string?>
        {
            ["Mesh:Auth:Issuer"] = "",
            ["Mesh:Auth:ClockSkew"] = "00:05:00",
            ["Mesh:Auth:VerifiedTokenCacheSize"] = "0",
        });

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        Assert.Equal(3, exception.Failures.Count());
    }

    private Uri SocketAddress(string query) => new($"ws://{_host.Http.BaseAddress!.Authority}/socket{query}");

    private static void AddDeviceScheme(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, DeviceHandler>("Device", null);
        builder.Services.Configure<MeshAuthenticationOptions>(static options =>
            options.SchemeSelectors.Add(static context => context.Request.Headers.ContainsKey("x-device") ? "Device" : null));
    }

    private sealed class DeviceHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var principal = new Principal { Kind = PrincipalKind.Device, Subject = Request.Headers["x-device"].ToString(), Organisation = "demo", TokenId = "credential-1" };
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new MeshIdentity(principal, Scheme.Name)), Scheme.Name)));
        }
    }
}
