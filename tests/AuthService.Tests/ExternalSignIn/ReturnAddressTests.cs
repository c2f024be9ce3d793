using System.Net;
using AiMesh.Auth.V1;
using AiMesh.AuthService.ExternalSignIn;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Sign-ins that end at a page: a code in its address, tokens for the code.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class ReturnAddressTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    private static readonly string Verifier = new('v', 43);

    private static string Query => $"?return_to={Uri.EscapeDataString(ExternalFixture.ReturnAddress)}&code_challenge={Pkce.ChallengeOf(Verifier)}";

    [Fact]
    public async Task Code_IsExchangedByThePageThatKeepsTheVerifier_Once()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var code = await CodeAsync(organisation);

        var tokens = await ExchangeAsync(code, Verifier);

        var claims = await fixture.ClaimsAsync(tokens.AccessToken);
        Assert.Equal((organisation.Id, PrincipalKind.User), (claims.Organisation, claims.Kind));
        await RefuseAsync(code, Verifier);
    }

    [Fact]
    public async Task Code_ThatSomebodyElseHas_IsWorthNothing_AndSpentByTheAttempt()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var code = await CodeAsync(organisation);

        await RefuseAsync(code, new string('w', 43));
        await RefuseAsync(code, Verifier);
        await RefuseAsync($"{code}A", Verifier);
        await RefuseAsync("made up", Verifier);
        await RefuseAsync("", Verifier);
        Assert.Equal(["code_verifier"], (await Refusal.OfAsync(Call(code, "short"), StatusCode.InvalidArgument)).Fields);
    }

    [Fact]
    public async Task Code_IsNoState_AndAStateNoCode()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var back = await browser.FollowToAsync(fixture.StartOf(organisation), fixture.Service.HttpAddress.AbsoluteUri);
        var state = QueryHelpers.ParseQuery(back.Query)["state"].ToString();
        await RefuseAsync(state, Verifier);

        var code = await CodeAsync(organisation);
        using var answer = await browser.GetAsync(new Uri(back.AbsoluteUri.Replace(Uri.EscapeDataString(state), Uri.EscapeDataString(code), StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Code_OfSomebodyDisabledMeanwhile_IsRefused()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var code = await CodeAsync(organisation);
        var user = await fixture.Auth.AskAsync<string>("select user_id from external_accounts where organisation = @Id", new { organisation.Id });
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = user, Disabled = true } }, organisation.Administrator.Headers);
        await Refusal.OfAsync(Call(code, Verifier), StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Failure_IsToldToThePage_ByItsReasonOnly()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Token = static (_, claims) => claims["nonce"] = "another";
        using var browser = new Browser();
        var end = await browser.FollowToAsync(fixture.StartOf(organisation, query: Query), ExternalFixture.ReturnAddress);
        Assert.Equal($"{ExternalFixture.ReturnAddress}?error=ID_TOKEN_REJECTED", end.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://evil.example/", true)]
    [InlineData("https://app.example.com/signed-in/", true)]
    [InlineData("https://app.example.com/signed-in?x=1", true)]
    [InlineData("https://app.example.com@evil.example/signed-in", true)]
    [InlineData("https://APP.example.com/signed-in", true)]
    [InlineData("//evil.example", true)]
    [InlineData("javascript:alert(1)", true)]
    [InlineData(ExternalFixture.ReturnAddress, false)]
    public async Task Start_ToAnotherAddress_OrWithoutAChallenge_IsRefused(string address, bool hasChallenge)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        using var browser = new Browser();
        var query = $"?return_to={Uri.EscapeDataString(address)}{(hasChallenge ? $"&code_challenge={Pkce.ChallengeOf(Verifier)}" : "")}";

        var (status, answer) = await ExternalFixture.ReadAsync(await browser.GetAsync(fixture.StartOf(organisation, query: query)));

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_FIELD"), (status, answer.GetProperty("reason").GetString()));
    }

    [Theory]
    [InlineData("https://app.example.com/x", true)]
    [InlineData("/console", true)]
    [InlineData("http://localhost:3000/x", true)]
    [InlineData("http://app.example.com/x", false)]
    [InlineData("//app.example.com", false)]
    [InlineData("/\\app.example.com", false)]
    [InlineData("https://app.example.com/x?y", false)]
    [InlineData("https://app.example.com/#x", false)]
    [InlineData("https://user@app.example.com/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("", false)]
    public void Options_TakeGoodAddressesOnly(string address, bool good)
    {
        var options = new ExternalSignInOptions();
        options.ReturnAddresses.Add(address);
        Assert.Equal(good, !options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)).Any());
    }

    private async Task<string> CodeAsync(Organisation organisation)
    {
        using var browser = new Browser();
        var end = await browser.FollowToAsync(fixture.StartOf(organisation, query: Query), ExternalFixture.ReturnAddress);
        Assert.StartsWith($"{ExternalFixture.ReturnAddress}?code=", end.AbsoluteUri, StringComparison.Ordinal);
        return QueryHelpers.ParseQuery(end.Query)["code"].ToString();
    }

    private AsyncUnaryCall<TokenResponse> Call(string code, string verifier) => new Auth.V1.ExternalSignIn.ExternalSignInClient(fixture.Service.Channel)
        .ExchangeSignInCodeAsync(new ExchangeSignInCodeRequest { Code = code, CodeVerifier = verifier });

    private async Task<TokenResponse> ExchangeAsync(string code, string verifier) => await Call(code, verifier);

    private async Task RefuseAsync(string code, string verifier) =>
        Assert.Equal("SIGN_IN_CODE_INVALID", (await Refusal.OfAsync(Call(code, verifier), StatusCode.Unauthenticated)).Reason);
}
