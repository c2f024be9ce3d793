using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Tests.Limits;

/// <summary>One gateway without Redis: what is counted, and what a client is told.</summary>
[Trait("Level", "Server")]
public sealed class LimitsTests
{
    [Fact]
    public async Task Caller_BeyondTheBurst_IsToldWhenToComeBack_AndOthersAreNotHeldUp()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Default:Burst=3", "Limits:Default:PermitsPerSecond=1"]);
        using var client = gateway.Client(gateway.Authority.Token("eager", "o"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetAsync("/api/data/datasets")));
        // A slow start may see the bucket refilled once or twice on the way.
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), 3, 6);
        var refused = answers.First(answer => answer.StatusCode != HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.Equal("RATE_LIMITED", (await refused.Content.ReadFromJsonAsync<JsonObject>())!["reason"]!.GetValue<string>());
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        Assert.Equal("\"default\";q=3;w=3", refused.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Matches("^\"default\";r=0;t=[1-5]$", refused.Headers.GetValues("RateLimit").Single());

        using var other = gateway.Client(gateway.Authority.Token("patient", "o"));
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/data/datasets")).StatusCode);

        await Task.Delay(TimeSpan.FromSeconds(2.5));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task EveryAnswer_TellsWhatIsLeft()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Default:Burst=5", "Limits:Default:PermitsPerSecond=1"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var answer = await client.GetAsync("/api/data/datasets");
        Assert.Equal("\"default\";r=4;t=1", answer.Headers.GetValues("RateLimit").Single());
        Assert.Equal("\"default\";q=5;w=5", answer.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Null(answer.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("Address", "address")]
    [InlineData("Tiers:Starter", "organisation")]
    public async Task LimitOfMany_HoldsForAllOfThemTogether(string limit, string policy)
    {
        await using var gateway = await GatewayFixture.StartAsync([$"Limits:{limit}:Burst=4", $"Limits:{limit}:PermitsPerSecond=1"]);
        var statuses = new List<HttpResponseMessage>();
        for (var i = 0; i < 9; i++)
        {
            using var client = gateway.Client(gateway.Authority.Token($"user-{i}", "o", tier: Tier.Starter));
            statuses.Add(await client.GetAsync("/api/data/datasets"));
        }

        Assert.InRange(statuses.Count(answer => answer.StatusCode == HttpStatusCode.OK), 4, 6);
        Assert.StartsWith($"\"{policy}\";", statuses[^1].Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2001:db8:0:1::{0}", true)] // A host chooses among 2^64 of these at will.
    [InlineData("2001:db8:0:{0}::1", false)]
    [InlineData("203.0.113.{0}", false)]
    public async Task AddressesOfOneNetwork_AreOneClient(string form, bool areOne)
    {
        await using var gateway = await GatewayFixture.StartAsync(["Addresses:TrustedProxies:0=127.0.0.1", "Limits:Address:Burst=4", "Limits:Address:PermitsPerSecond=1"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        var passed = 0;
        for (var i = 1; i <= 30; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/data/datasets");
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", string.Format(CultureInfo.InvariantCulture, form, i));
            using var answer = await client.SendAsync(request);
            passed += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
        }

        // A slow run sees the bucket refilled on the way, but never as fast as it is emptied.
        Assert.Equal(areOne, passed < 30);
    }

    [Fact]
    public async Task OrganisationOfAHigherTier_HasALimitOfItsOwn()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Tiers:Free:Burst=1", "Limits:Tiers:Free:PermitsPerSecond=1"]);
        using var free = gateway.Client(gateway.Authority.Token("u", "small", tier: Tier.Free));
        using var enterprise = gateway.Client(gateway.Authority.Token("u", "large", tier: Tier.Enterprise));
        var small = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => free.GetAsync("/api/data/datasets")));
        var large = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => enterprise.GetAsync("/api/data/datasets")));
        Assert.Contains(small, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.All(large, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact]
    public async Task TwoKeysOfOnePerson_AreCountedApart()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Credential:Burst=2", "Limits:Credential:PermitsPerSecond=1"]);
        using var one = gateway.Client(gateway.Authority.Token("u", "o", kind: PrincipalKind.ApiKey, sessionId: "key-1"));
        using var two = gateway.Client(gateway.Authority.Token("u", "o", kind: PrincipalKind.ApiKey, sessionId: "key-2"));
        var first = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => one.GetAsync("/api/data/datasets")));
        Assert.Contains(first, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, (await two.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task AiRoutes_HaveAStricterLimitThanTheRest()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Ai:Burst=2", "Limits:Ai:PermitsPerSecond=1"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        var ai = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.GetAsync("/api/ai/models")));
        Assert.Contains(ai, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task RequestsWithoutGoodToken_CountAgainstTheAddress()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Limits:Default:Burst=3", "Limits:Default:PermitsPerSecond=1"]);
        using var client = gateway.Client("not.a.token");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetAsync("/api/data/datasets")));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.Unauthorized);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task ImpossibleLimits_StopTheStart_AndAreAllNamed()
    {
        await using var gateway = new GatewayFixture { Settings = ["Limits:Ai:Burst=0", "Limits:Tiers:Free:PermitsPerSecond=1000001"] };
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(gateway.InitializeAsync);
        Assert.Contains("Limits:Ai:Burst", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Limits:Tiers:Free:PermitsPerSecond", refused.Message, StringComparison.Ordinal);
    }
}
