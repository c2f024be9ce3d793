using System.Net;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Sign-in through a provider that behaves.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class SignInTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    public async Task SignIn_ForTheFirstTime_CreatesTheUser(string algorithm)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Keys = new FakeKeys(algorithm);
        provider.Claims = new JsonObject { ["email"] = AuthFixture.NewEmail(), ["email_verified"] = true, ["name"] = "Ada Lovelace" };
        var organisation = await fixture.SetUpAsync(provider);

        var (status, answer) = await fixture.SignInAsync(organisation);

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        Assert.Equal("Bearer", answer.GetProperty("tokenType").GetString());
        var claims = await fixture.ClaimsAsync(answer);
        Assert.Equal((organisation.Id, PrincipalKind.User, "Ada Lovelace", (string)provider.Claims["email"]!), (claims.Organisation, claims.Kind, claims.DisplayName, claims.Email));
        Assert.Equal(["viewer"], claims.Roles.AsEnumerable());
        var refreshed = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = answer.GetProperty("refreshToken").GetString() });
        Assert.Equal(claims.Subject, (await fixture.ClaimsAsync(refreshed.AccessToken)).Subject);
    }

    [Fact]
    public async Task SignIn_Again_IsTheSameUser()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);

        var first = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        var second = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        provider.Subject = "subject-2";
        var other = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);

        Assert.Equal(first.Subject, second.Subject);
        Assert.NotEqual(first.SessionId, second.SessionId);
        Assert.NotEqual(first.Subject, other.Subject);
    }

    [Fact]
    public async Task SignIn_ForTheFirstTimeInManyBrowsersAtOnce_CreatesOneUser()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.SignInAsync(organisation)));

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(1, await fixture.Auth.AskAsync<int>("select count(*)::int from external_accounts where organisation = @Id", new { organisation.Id }));
    }

    [Fact]
    public async Task Start_AsksForACode_WithStateNonceAndChallenge()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings => settings.Scopes.Add("groups"));
        using var browser = new Browser();

        using var answer = await browser.GetAsync(fixture.StartOf(organisation));
        using var again = await browser.GetAsync(fixture.StartOf(organisation));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("; samesite=lax; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith($"{provider.Issuer}/authorize?", answer.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        using var sent = await browser.GetAsync(answer.Headers.Location);
        var first = provider.Asked!;
        using var sentAgain = await browser.GetAsync(again.Headers.Location!);
        var second = provider.Asked!;
        Assert.Equal(("openid groups", FakeProvider.ClientId, "S256"), (first.Scope, first.ClientId, first.ChallengeMethod));
        Assert.Equal(new Uri(fixture.Service.HttpAddress, $"/api/auth/external/{organisation.Id}/corporate/callback").AbsoluteUri, first.RedirectUri);
        Assert.Equal(43, first.Challenge.Length);
        Assert.NotEqual((first.State, first.Nonce, first.Challenge), (second.State, second.Nonce, second.Challenge));
        Assert.NotEqual(first.Challenge, second.Challenge);
        Assert.NotEqual(first.Nonce, second.Nonce);
    }

    [Fact]
    public async Task SignIn_BegunAtOneReplica_EndsAtAnother_Once()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await browser.FollowToAsync(fixture.StartOf(organisation), fixture.Service.HttpAddress.AbsoluteUri);

        // A cookie goes to every port of a host, so the second replica gets it as behind a gateway.
        var (status, _) = await ExternalFixture.ReadAsync(await browser.GetAsync(new Uri(fixture.Second.HttpAddress, back.PathAndQuery)));
        var (again, problem) = await ExternalFixture.ReadAsync(await browser.GetAsync(back));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((HttpStatusCode.Unauthorized, "SIGN_IN_STATE_INVALID"), (again, problem.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task SignIn_WithUserInfo_TakesClaimsFromThere_AndOfThatSubjectOnly()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.UserInfo = new JsonObject { ["groups"] = new JsonArray("staff") };
        var organisation = await fixture.SetUpAsync(provider, static settings =>
        {
            settings.ReadsUserInfo = true;
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "staff", Role = "member" });
        });

        var claims = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        provider.UserInfo["sub"] = "somebody-else";

        Assert.Equal(["member"], claims.Roles.AsEnumerable());
        Assert.Equal(("ID_TOKEN_REJECTED", "user_info_subject"), await fixture.RefusalAsync(organisation));
    }

    [Fact]
    public async Task SignIn_AfterTheProviderChangedItsKey_FetchesTheNewOne()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var (before, _) = await fixture.SignInAsync(organisation);
        var (known, _) = await fixture.SignInAsync(organisation);
        var fetches = provider.KeyFetches;
        provider.Keys = new FakeKeys("RS256");

        var (after, answer) = await fixture.SignInAsync(organisation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, 1), (before, known, fetches));
        Assert.True(after == HttpStatusCode.OK, answer.ToString());
        Assert.Equal(2, provider.KeyFetches);
    }

    [Fact]
    public async Task SignIn_LeavesOneRecord_OfSuccessAndOfFailure()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        await fixture.SignInAsync(organisation);
        provider.Answer = static answer => answer["iss"] = "https://elsewhere.example";
        await fixture.SignInAsync(organisation);

        const string Count = "select count(*)::int from audit_events where organisation = @Id and action = @Action and coalesce(detail->>'identityProvider', target) = 'corporate'";
        Assert.Equal(1, await fixture.Auth.AskAsync<int>(Count, new { organisation.Id, Action = "session.login" }));
        Assert.Equal(1, await fixture.Auth.AskAsync<int>(Count, new { organisation.Id, Action = "session.external_login_failed" }));
        Assert.Equal(1, await fixture.Auth.AskAsync<int>(Count, new { organisation.Id, Action = "user.create" }));
        Assert.Equal(1, await fixture.Auth.AskAsync<int>(Count, new { organisation.Id, Action = "identity_provider.create" }));
    }
}
