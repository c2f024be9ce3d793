using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using AiMesh.AuthService.ExternalSignIn;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Providers that are slow, huge, elsewhere than they say, or would have us knock on doors inside.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class UnusableProviderTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    private static readonly Dictionary<string, (Action<JsonObject> Change, string Problem)> Documents = new()
    {
        ["another issuer"] = (static document => document["issuer"] = "https://elsewhere.example", "discovery_issuer"),
        ["issuer with a slash more"] = (static document => document["issuer"] = $"{document["issuer"]}/", "discovery_issuer"),
        ["no issuer"] = (static document => document.Remove("issuer"), "discovery_issuer"),
        ["no token endpoint"] = (static document => document.Remove("token_endpoint"), "discovery_endpoints"),
        ["token endpoint without TLS"] = (static document => document["token_endpoint"] = "http://idp.example/token", "discovery_endpoints"),
        ["keys in a file"] = (static document => document["jwks_uri"] = "file:///etc/passwd", "discovery_endpoints"),
        ["authorization endpoint as script"] = (static document => document["authorization_endpoint"] = "javascript:alert(1)", "discovery_endpoints"),
        ["plain challenges only"] = (static document => document["code_challenge_methods_supported"] = new JsonArray("plain"), "discovery_no_pkce"),
        ["no challenges"] = (static document => document["code_challenge_methods_supported"] = new JsonArray(), "discovery_no_pkce"),
        ["implicit flow only"] = (static document => document["response_types_supported"] = new JsonArray("id_token"), "discovery_no_code_flow"),
        ["algorithms of ours none"] = (static document => document["id_token_signing_alg_values_supported"] = new JsonArray("HS256", "none"), "discovery_algorithms"),
        ["mutual TLS only"] = (static document => document["token_endpoint_auth_methods_supported"] = new JsonArray("tls_client_auth"), "discovery_client_authentication"),
    };

    public static TheoryData<string> DocumentNames => [.. Documents.Keys];

    [Theory]
    [MemberData(nameof(DocumentNames))]
    public async Task Provider_WhoseDocumentIsWrong_IsNotTaken(string name)
    {
        var (change, problem) = Documents[name];
        await using var provider = await FakeProvider.StartAsync();
        provider.Discovery = change;
        var administrator = await fixture.Auth.RegisterAsync();
        var organisation = new Organisation(administrator, await fixture.OrganisationOfAsync(administrator));

        var exception = await Assert.ThrowsAsync<RpcException>(() => fixture.AddAsync(organisation, provider.Issuer));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Contains(problem, exception.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/token", "answer_too_large")]
    [InlineData("/keys", "answer_too_large")]
    [InlineData("/.well-known/openid-configuration", "answer_too_large")]
    public async Task Provider_WithHugeAnswers_IsCutOff(string path, string problem)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);

        // Good JSON, which would be read were it not for its length.
        var text = $$"""{"keys":[],"padding":"{{new string('x', 200_000)}}"}""";
        provider.Instead[path] = context => context.Response.WriteAsync(text, context.RequestAborted);

        await AssertUnusableAsync(organisation, path, problem);
    }

    [Theory]
    [InlineData("/token")]
    [InlineData("/keys")]
    [InlineData("/.well-known/openid-configuration")]
    public async Task Provider_ThatRedirects_IsNotFollowed(string path)
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var inside = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var followed = false;
        inside.Instead["/inside"] = context =>
        {
            followed = true;
            return context.Response.WriteAsync("{}");
        };
        provider.Instead[path] = context =>
        {
            context.Response.Redirect($"{inside.Issuer}/inside", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };

        await AssertUnusableAsync(organisation, path, "status_307");
        Assert.False(followed);
    }

    [Theory]
    [InlineData("/token")]
    [InlineData("/keys")]
    public async Task Provider_ThatNeverAnswers_IsGivenUp(string path)
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var impatient = await AuthServiceHost.StartAsync(fixture.Auth.Database.ConnectionString, "ExternalSignIn:Timeout=00:00:02");
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await browser.FollowToAsync(new Uri(impatient.HttpAddress, fixture.StartOf(organisation).PathAndQuery), impatient.HttpAddress.AbsoluteUri);
        provider.Instead[path] = provider.NeverAsync;

        var (status, answer) = await ExternalFixture.ReadAsync(await browser.GetAsync(back));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "IDENTITY_PROVIDER_UNAVAILABLE"), (status, answer.GetProperty("reason").GetString()));
        Assert.Equal("too_slow", await fixture.LastProblemAsync(organisation));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"id_token":"a","id_token":"b"}""")]
    public async Task Provider_WhoseTokenAnswerIsNoObject_IsUnusable(string text)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Instead["/token"] = context => context.Response.WriteAsync(text);
        Assert.Equal("IDENTITY_PROVIDER_UNAVAILABLE", (await fixture.RefusalAsync(organisation)).Reason);
    }

    [Theory]
    [InlineData("{}", "no_id_token")]
    [InlineData("""{"id_token":1}""", "no_id_token")]
    public async Task Provider_ThatGivesNoIdToken_SignsNobodyIn(string text, string problem)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Instead["/token"] = context => context.Response.WriteAsync(text);
        Assert.Equal(("ID_TOKEN_REJECTED", problem), await fixture.RefusalAsync(organisation));
    }

    [Theory]
    [InlineData("Production", "http://127.0.0.1/", false)]
    [InlineData("Production", "http://idp.example/", false)]
    [InlineData("Production", "https://idp.example/", true)]
    [InlineData("Production", "https://idp.example/realm#x", false)]
    [InlineData("Production", "https://user@idp.example/", false)]
    [InlineData("Production", "ftp://idp.example/", false)]
    [InlineData("Development", "http://127.0.0.1/", true)]
    [InlineData("Development", "http://localhost/", true)]
    [InlineData("Development", "http://idp.example/", false)]
    [InlineData("Staging", "http://localhost/", false)]
    public void Address_WithoutTls_IsForDevelopersAtLoopbackOnly(string environment, string address, bool allowed) =>
        Assert.Equal(allowed, Addresses(environment, allowPrivate: false).Allows(new Uri(address)));

    [Theory]
    [InlineData("93.184.216.34", true, true)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true, true)]
    [InlineData("10.1.2.3", false, true)]
    [InlineData("172.31.0.1", false, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("fd00::1", false, true)]
    [InlineData("::ffff:10.1.2.3", false, true)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("::1", false, false)]
    [InlineData("::ffff:127.0.0.1", false, false)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("64:ff9b::a9fe:a9fe", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("::", false, false)]
    public void Address_Inside_IsConnectedToWhenConfiguredOnly(string address, bool allowed, bool allowedWhenPrivateIs)
    {
        Assert.Equal(allowed, Addresses("Production", allowPrivate: false).Allows(IPAddress.Parse(address)));
        Assert.Equal(allowedWhenPrivateIs, Addresses("Production", allowPrivate: true).Allows(IPAddress.Parse(address)));
    }

    [Fact]
    public async Task Connection_ToANameThatLeadsInside_IsNotMade()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = Options.Create(new ExternalSignInOptions { Timeout = TimeSpan.FromSeconds(10) });
        using var http = new OidcHttp(Addresses("Production", allowPrivate: true), options, TimeProvider.System);

        // With https, so that the address as such is allowed: it is the connection that is refused.
        var answer = await http.GetAsync(new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"), null, CancellationToken.None);

        Assert.Equal("unreachable", Assert.IsType<ProviderUnusable>(answer.Error).Problem);
        Assert.False(listener.Pending());
    }

    private static OutboundAddresses Addresses(string environment, bool allowPrivate) =>
        new(Options.Create(new ExternalSignInOptions { AllowPrivateAddresses = allowPrivate }), new HostingEnvironment { EnvironmentName = environment });

    private async Task AssertUnusableAsync(Organisation organisation, string path, string problem)
    {
        var (status, answer) = await fixture.SignInAsync(organisation);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "IDENTITY_PROVIDER_UNAVAILABLE"), (status, answer.GetProperty("reason").GetString()));
        if (!path.StartsWith("/.well-known", StringComparison.Ordinal)) Assert.Equal(problem, await fixture.LastProblemAsync(organisation));
    }
}
