using System.Net;
using AiMesh.Auth.V1;
using AiMesh.Testing;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Sign-in through npm oidc-provider, a certified provider, from its sign-in page to our tokens.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class OidcProviderTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Theory]
    [InlineData("RS256", false)]
    [InlineData("PS256", false)]
    [InlineData("ES256", false)]
    [InlineData("RS256", true)]
    public async Task SignIn_ThroughTheRealProvider_GivesTokensWithRolesOfItsGroups(string algorithm, bool small)
    {
        var administrator = await fixture.Auth.RegisterAsync();
        var organisation = new Organisation(administrator, await fixture.OrganisationOfAsync(administrator));
        var email = AuthFixture.NewEmail();
        var callback = new Uri(fixture.Service.HttpAddress, $"/api/auth/external/{organisation.Id}/corporate/callback").AbsoluteUri;
        await using var provider = await OidcProvider.StartAsync(FreePort.Next(), callback, algorithm, small, email);
        var created = await fixture.AddAsync(organisation, provider.Issuer, settings =>
        {
            settings.DefaultRole = "";
            settings.ReadsUserInfo = small;
            settings.Scopes.Add(["profile", "email", "groups"]);
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "engineers", Role = "member" });
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "bosses", Role = "admin" });
        });
        using var browser = new Browser();

        var (status, answer) = await ExternalFixture.ReadAsync(await browser.FollowAsync(fixture.StartOf(organisation)));
        Assert.True(status == HttpStatusCode.OK, $"{answer} {(status == HttpStatusCode.OK ? "" : await fixture.LastProblemAsync(organisation))}");
        var again = await ExternalFixture.ReadAsync(await browser.FollowAsync(fixture.StartOf(organisation)));

        Assert.Equal(new Uri(callback).AbsolutePath, new Uri(created.RedirectUri).AbsolutePath);
        var claims = await fixture.ClaimsAsync(answer);
        Assert.Equal((organisation.Id, email, "Ada Lovelace", "member"), (claims.Organisation, claims.Email, claims.DisplayName, Assert.Single(claims.Roles)));
        Assert.Equal(claims.Subject, (await fixture.ClaimsAsync(again.Answer)).Subject);
    }
}
