using System.Net;
using System.Net.Http.Json;
using AiMesh.Gateway.Addresses;

namespace AiMesh.Gateway.Tests.Addresses;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.1.2.3", "", "10.0.0.0/8", false)]
    [InlineData("::ffff:10.1.2.3", "", "10.0.0.0/8", false)]
    [InlineData("11.1.2.3", "", "10.0.0.0/8", true)]
    [InlineData("2001:db8::1", "", "2001:db8::/32", false)]
    [InlineData("192.0.2.7", "192.0.2.7", "", true)]
    [InlineData("192.0.2.8", "192.0.2.7", "", false)]
    [InlineData("10.1.2.3", "10.0.0.0/8", "10.1.0.0/16", false)]
    public void Lists_DenyGoesBeforeAllow(string address, string allow, string deny, bool expected) =>
        Assert.Equal(expected, Lists(allow, deny, "").MayConnect(IPAddress.Parse(address)));

    [Theory]
    [InlineData("", "203.0.113.9", "203.0.113.9")]
    [InlineData("", "6.6.6.6, 203.0.113.9", "203.0.113.9")]
    [InlineData("", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9")]
    [InlineData("", "203.0.113.9:4711", "203.0.113.9")]
    [InlineData("", "nonsense", null)]
    [InlineData("", "203.0.113.9, nonsense", null)]
    [InlineData("for=203.0.113.9;proto=https", "6.6.6.6", "203.0.113.9")]
    [InlineData("for=\"[2001:db8::7]:4711\"", "", "2001:db8::7")]
    [InlineData("for=6.6.6.6, for=203.0.113.9", "", "203.0.113.9")]
    [InlineData("for=unknown", "6.6.6.6", null)]
    [InlineData("", "203.0.113.9, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, 10.0.0.9, 10.0.0.10, 10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, 10.0.0.16", "10.0.0.1")]
    public void Chain_IsBelievedFromItsEnd_AsFarAsTrustReaches(string forwarded, string forwardedFor, string? expected)
    {
        var client = ForwardedChain.FindClient(Lists("", "", "10.0.0.0/8"), forwarded.Length > 0 ? forwarded : default(Microsoft.Extensions.Primitives.StringValues), forwardedFor);
        Assert.Equal(expected, client?.ToString());
    }

    [Fact]
    public async Task DeniedAddress_GetsAProblem_AndNothingElse()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Addresses:Deny:0=127.0.0.0/8"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var answer = await client.GetAsync("/api/data/datasets");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.False(gateway.Service.Seen.ContainsKey("/api/data/datasets"));
    }

    [Theory]
    [InlineData("Addresses:TrustedProxies:0=127.0.0.1", "203.0.113.9", "https")]
    [InlineData("Addresses:TrustedProxies:0=192.0.2.1", "127.0.0.1", "http")]
    public async Task ForwardingHeaders_AreBelievedFromTrustedProxiesOnly(string setting, string expected, string scheme)
    {
        await using var gateway = await GatewayFixture.StartAsync([setting]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.9");
        var seen = await client.GetFromJsonAsync<Dictionary<string, string>>("/api/data/datasets");
        Assert.Equal(expected, seen!["X-Forwarded-For"]);

        // What the proxy speaks with clients decides whether they are told to use TLS only.
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Real-IP", "6.6.6.6");
        using var answer = await client.GetAsync("/api/data/datasets");
        Assert.Equal(scheme == "https", answer.Headers.Contains("Strict-Transport-Security"));
        seen = await answer.Content.ReadFromJsonAsync<Dictionary<string, string>>();
        Assert.Equal(scheme, seen!["X-Forwarded-Proto"]);
        Assert.DoesNotContain("X-Real-IP", seen.Keys);

        client.DefaultRequestHeaders.TryAddWithoutValidation("Forwarded", "for=198.51.100.4;by=6.6.6.6");
        seen = await client.GetFromJsonAsync<Dictionary<string, string>>("/api/data/datasets");
        Assert.DoesNotContain("Forwarded", seen!.Keys);
    }

    private static AddressLists Lists(string allow, string deny, string proxies)
    {
        var options = new AddressOptions();
        Add(options.Allow, allow);
        Add(options.Deny, deny);
        Add(options.TrustedProxies, proxies);
        var errors = new List<string>();
        var lists = AddressLists.Create(options, errors);
        Assert.Empty(errors);
        return lists;

        static void Add(IList<string> list, string text)
        {
            if (text.Length > 0)
                list.Add(text);
        }
    }
}
