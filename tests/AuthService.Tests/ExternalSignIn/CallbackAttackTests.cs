using System.Net;
using AiMesh.Auth.V1;
using AiMesh.AuthService.ExternalSignIn;
using AiMesh.AuthService.Keys;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Answers of a provider that are another's, of another browser, used before or made up (RFC 9700 section 4, RFC 9207).</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class CallbackAttackTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Fact]
    public async Task Callback_Twice_SignsInOnce()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await BackAsync(organisation, browser);

        var first = await ExternalFixture.ReadAsync(await browser.GetAsync(back));
        var second = await ExternalFixture.ReadAsync(await browser.GetAsync(back));

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal("SIGN_IN_STATE_INVALID", second.Answer.GetProperty("reason").GetString());
        Assert.Equal("used", await fixture.LastProblemAsync(organisation));
        Assert.Equal(1, provider.CodeExchanges);
    }

    [Fact]
    public async Task Callback_ManyTimesAtOnce_SignsInOnce()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await BackAsync(organisation, browser);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ => await ExternalFixture.ReadAsync(await browser.GetAsync(back))));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(1, provider.CodeExchanges);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Callback_InAnotherBrowser_IsRefused_AndLeavesTheStateToItsOwn(bool hasBegunOneItself)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var attacker = new Browser();
        using var victim = new Browser();
        if (hasBegunOneItself) await BackAsync(organisation, victim);
        var back = await BackAsync(organisation, attacker);

        var (status, answer) = await ExternalFixture.ReadAsync(await victim.GetAsync(back));

        Assert.Equal((HttpStatusCode.Unauthorized, "SIGN_IN_STATE_INVALID"), (status, answer.GetProperty("reason").GetString()));
        Assert.Equal(0, provider.CodeExchanges);
        Assert.Equal(HttpStatusCode.OK, (await attacker.GetAsync(back)).StatusCode);
    }

    [Fact]
    public async Task Callback_WithSomebodyElsesCode_IsRefusedByTheChallenge_AndWithoutPkceByTheNonce()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        foreach (var (ignoresVerifier, problem) in new[] { (false, "code_status_400"), (true, "nonce") })
        {
            provider.IgnoresVerifier = ignoresVerifier;
            using var thief = new Browser();
            using var owner = new Browser();
            var stolen = Parameter(await BackAsync(organisation, owner), "code");
            var back = await BackAsync(organisation, thief);

            using var answer = await thief.GetAsync(new Uri(back.AbsoluteUri.Replace(Parameter(back, "code"), stolen, StringComparison.Ordinal)));

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal(problem, await fixture.LastProblemAsync(organisation));
        }
    }

    [Fact]
    public async Task Callback_OfOneProvider_WithTheStateOfAnother_IsRefused()
    {
        await using var honest = await FakeProvider.StartAsync();
        await using var rogue = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(honest);
        await fixture.AddAsync(organisation, rogue.Issuer, static settings => settings.Name = "rogue");
        using var browser = new Browser();

        // The browser was sent to the rogue, which sends it on to the honest one's callback, or answers as if it were that.
        var back = await browser.FollowToAsync(fixture.StartOf(organisation, "rogue"), fixture.Service.HttpAddress.AbsoluteUri);
        using var atHonest = await browser.GetAsync(new Uri(back.AbsoluteUri.Replace("/rogue/", "/corporate/", StringComparison.Ordinal)));
        using var asHonest = await browser.GetAsync(new Uri(back.AbsoluteUri.Replace(Uri.EscapeDataString(rogue.Issuer), Uri.EscapeDataString(honest.Issuer), StringComparison.Ordinal)));

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (atHonest.StatusCode, asHonest.StatusCode));
        Assert.Equal("answer_issuer", await fixture.LastProblemAsync(organisation));
        Assert.Equal((0, 0), (honest.CodeExchanges, rogue.CodeExchanges));
    }

    [Fact]
    public async Task Callback_OfAnotherOrganisation_IsRefused()
    {
        await using var provider = await FakeProvider.StartAsync();
        var mine = await fixture.SetUpAsync(provider);
        var theirs = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await BackAsync(mine, browser);

        using var answer = await browser.GetAsync(new Uri(back.AbsoluteUri.Replace($"/{mine.Id}/", $"/{theirs.Id}/", StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(0, provider.CodeExchanges);
    }

    [Theory]
    [InlineData("https://elsewhere.example", true)]
    [InlineData(null, true)]
    [InlineData("https://elsewhere.example", false)]
    public async Task Callback_ThatAnotherIssuerAnswered_IsRefusedBeforeTheCodeIsSentAnywhere(string? issuer, bool isPromised)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Discovery = document => document["authorization_response_iss_parameter_supported"] = isPromised;
        var organisation = await fixture.SetUpAsync(provider);
        provider.Answer = answer =>
        {
            answer.Remove("iss");
            if (issuer is not null) answer["iss"] = issuer;
        };

        Assert.Equal(("ID_TOKEN_REJECTED", "answer_issuer"), await fixture.RefusalAsync(organisation));
        Assert.Equal(0, provider.CodeExchanges);
    }

    [Fact]
    public async Task Callback_OfAProviderThatNamesNoIssuer_IsTaken()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Discovery = static document => document.Remove("authorization_response_iss_parameter_supported");
        provider.Answer = static answer => answer.Remove("iss");
        Assert.Equal(HttpStatusCode.OK, (await fixture.SignInAsync(await fixture.SetUpAsync(provider))).Status);
    }

    [Theory]
    [InlineData("access_denied", "access_denied")]
    [InlineData("<script>", "error")]
    public async Task Callback_WithARefusal_SaysSo(string error, string problem)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Answer = answer =>
        {
            answer.Remove("code");
            answer["error"] = error;
        };
        Assert.Equal(("SIGN_IN_DENIED", problem), await fixture.RefusalAsync(organisation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?state=x&code=y")]
    [InlineData("?state=0123456789abcdef.AAAA&code=y")]
    [InlineData("?code=y")]
    public async Task Callback_WithAMadeUpState_IsRefused_AndWritesIntoNobodysChain(string query)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        using var begun = await browser.GetAsync(fixture.StartOf(organisation));

        var (status, answer) = await ExternalFixture.ReadAsync(
            await browser.GetAsync(new Uri(fixture.Service.HttpAddress, $"/api/auth/external/{organisation.Id}/corporate/callback{query}")));

        Assert.Equal((HttpStatusCode.Unauthorized, "SIGN_IN_STATE_INVALID"), (status, answer.GetProperty("reason").GetString()));
        Assert.Equal(0, await fixture.Auth.AskAsync<int>(
            "select count(*)::int from audit_events where organisation = @Id and action = 'session.external_login_failed'", new { organisation.Id }));
    }

    [Theory]
    [InlineData("state")]
    [InlineData("code")]
    [InlineData("iss")]
    public async Task Callback_WithAParameterTwice_IsRefused(string name)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await BackAsync(organisation, browser);
        using var answer = await browser.GetAsync(new Uri($"{back.AbsoluteUri}&{name}=x"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0, provider.CodeExchanges);
    }

    [Fact]
    public async Task Callback_AfterTheProviderWasChangedOrDisabled_IsRefused()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        foreach (var (change, problem) in new[] { (new IdentityProvider { Name = "corporate", ClientId = "another" }, "provider_changed"), (new IdentityProvider { Name = "corporate", Disabled = true }, "provider_gone") })
        {
            using var browser = new Browser();
            var back = await BackAsync(organisation, browser);
            await fixture.Providers.UpdateIdentityProviderAsync(new UpdateIdentityProviderRequest { IdentityProvider = change }, organisation.Administrator.Headers);
            using var answer = await browser.GetAsync(back);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal(problem, await fixture.LastProblemAsync(organisation));
        }

        using var late = new Browser();
        Assert.Equal(HttpStatusCode.NotFound, (await late.GetAsync(fixture.StartOf(organisation))).StatusCode);
    }

    [Fact]
    public void State_IsGoodForItsTimeAndItsPurposeOnly()
    {
        var time = new ManualTime(DateTimeOffset.UtcNow);
        var seals = new SealedOnce(null!, new MasterKeyRing("one master key"), time);
        var code = new SignInCode("acme", "user", "corporate", "challenge");
        var text = seals.Seal("one purpose", code, TimeSpan.FromMinutes(1));

        Assert.Equal(code, seals.Open<SignInCode>("one purpose", text));
        Assert.Equal(code, new SealedOnce(null!, new MasterKeyRing("next master key", "one master key"), time).Open<SignInCode>("one purpose", text));
        Assert.Null(seals.Open<SignInCode>("another purpose", text));
        Assert.Null(new SealedOnce(null!, new MasterKeyRing("another master key"), time).Open<SignInCode>("one purpose", text));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(seals.Open<SignInCode>("one purpose", text));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(seals.Open<SignInCode>("one purpose", text));
    }

    private Task<Uri> BackAsync(Organisation organisation, Browser browser) =>
        browser.FollowToAsync(fixture.StartOf(organisation), fixture.Service.HttpAddress.AbsoluteUri);

    private static string Parameter(Uri address, string name) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query)[name].ToString();
}
