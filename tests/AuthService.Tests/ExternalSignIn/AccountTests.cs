using System.Net;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Tests;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Who somebody whom a provider has signed in is here, and what they may do.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class AccountTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Fact]
    public async Task Roles_FollowTheClaimsAtEachSignIn_AndRevokeWhatWasIssuedBefore()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Claims = Groups("staff", "analysts");
        var organisation = await fixture.SetUpAsync(provider, static settings =>
        {
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "staff", Role = "member" });
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "analysts", Role = "viewer" });
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "bosses", Role = "admin" });
        });

        var both = (await fixture.SignInAsync(organisation)).Answer.GetProperty("accessToken").GetString()!;
        Assert.Equal(["member", "viewer"], (await fixture.ClaimsAsync(both)).Roles.AsEnumerable());

        provider.Claims = Groups("bosses");
        Assert.Equal(["admin"], (await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer)).Roles.AsEnumerable());
        await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(both)), StatusCode.Unauthenticated);

        // Nothing mapped: the default.
        provider.Claims = Groups("visitors");
        Assert.Equal(["viewer"], (await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer)).Roles.AsEnumerable());
    }

    [Fact]
    public async Task Roles_ThatNoClaimGivesAnyMore_AreTakenAway_ThoughNobodyIsSignedIn()
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Claims = Groups("staff");
        var organisation = await fixture.SetUpAsync(provider, static settings =>
        {
            settings.DefaultRole = "";
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "staff", Role = "member" });
        });
        var before = (await fixture.SignInAsync(organisation)).Answer;
        provider.Claims = Groups("leavers");

        var (status, answer) = await fixture.SignInAsync(organisation);

        Assert.Equal((HttpStatusCode.Forbidden, "NO_ROLE"), (status, answer.GetProperty("reason").GetString()));
        var refreshed = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = before.GetProperty("refreshToken").GetString() });
        Assert.Empty((await fixture.ClaimsAsync(refreshed.AccessToken)).Roles.AsEnumerable());
        Assert.Equal((HttpStatusCode.Forbidden, "NO_ROLE"), await StatusAsync(organisation));
    }

    [Fact]
    public async Task Roles_OfTheLastAdministrator_KeepThatOne()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings =>
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "staff", Role = "member" }));
        await LinkAsync(organisation, organisation.Administrator.Id);
        provider.Claims = Groups("staff");

        Assert.Equal(["admin", "member"], (await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer)).Roles.AsEnumerable());
        var other = await fixture.Auth.AddAsync(organisation.Administrator with { Tokens = (await fixture.Auth.SignInAsync(organisation.Administrator.Id, organisation.Administrator.Email)).Tokens }, "admin");
        Assert.NotNull(other);
        Assert.Equal(["member"], (await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer)).Roles.AsEnumerable());
    }

    [Theory]
    [InlineData("department", """{"department":"R&D"}""", "R&D", true)]
    [InlineData("department", """{"department":"R&D and more"}""", "R&D", false)]
    [InlineData("department", """{"department":["x","R&D"]}""", "R&D", true)]
    [InlineData("department", """{"department":["x",1]}""", "1", false)]
    [InlineData("admin", """{"admin":true}""", "true", true)]
    [InlineData("admin", """{"admin":false}""", "true", false)]
    [InlineData("realm_access.roles", """{"realm_access":{"roles":["ops"]}}""", "ops", true)]
    [InlineData("https://example.com/roles", """{"https://example.com/roles":["ops"]}""", "ops", true)]
    [InlineData("realm_access.roles", """{"realm_access":["roles"]}""", "roles", false)]
    [InlineData("a.b", """{"a.b":"exact","a":{"b":"path"}}""", "exact", true)]
    [InlineData("a.b", """{"a.b":"exact","a":{"b":"path"}}""", "path", false)]
    [InlineData("sub", "{}", "subject-1", true)]
    public async Task Mapping_LooksIntoTheClaim(string claim, string claims, string value, bool maps)
    {
        await using var provider = await FakeProvider.StartAsync();
        provider.Claims = (JsonObject)JsonNode.Parse(claims)!;
        var organisation = await fixture.SetUpAsync(provider, settings => settings.RoleMappings.Add(new RoleMapping { Claim = claim, Value = value, Role = "member" }));
        Assert.Equal([maps ? "member" : "viewer"], (await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer)).Roles.AsEnumerable());
    }

    [Fact]
    public async Task Account_IsNeverFoundByAddress_VerifiedOrNot()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        provider.Claims = new JsonObject { ["email"] = organisation.Administrator.Email, ["email_verified"] = false };
        var unverified = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);

        provider.Subject = "subject-2";
        provider.Claims["email_verified"] = true;
        var (status, answer) = await fixture.SignInAsync(organisation);

        Assert.NotEqual(organisation.Administrator.Id, unverified.Subject);
        Assert.Equal(["viewer"], unverified.Roles.AsEnumerable());
        Assert.EndsWith("@external.invalid", unverified.Email, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Forbidden, "NOT_A_USER"), (status, answer.GetProperty("reason").GetString()));
        Assert.Equal("address_taken", await fixture.LastProblemAsync(organisation));
    }

    [Fact]
    public async Task Account_OfTheSameSubjectAtAnotherIssuer_IsAnother()
    {
        await using var first = await FakeProvider.StartAsync();
        await using var second = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(first);
        await fixture.AddAsync(organisation, second.Issuer, static settings => settings.Name = "second");

        var one = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        var other = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation, provider: "second")).Answer);

        Assert.NotEqual(one.Subject, other.Subject);
    }

    [Fact]
    public async Task Account_WithAPasswordThatNobodyKnows_IsNotSignedInByOne()
    {
        await using var provider = await FakeProvider.StartAsync();
        var email = AuthFixture.NewEmail();
        provider.Claims = new JsonObject { ["email"] = email, ["email_verified"] = "true" };
        await fixture.SignInAsync(await fixture.SetUpAsync(provider));

        foreach (var password in new[] { AuthFixture.Password, email, "subject-1" })
        {
            var refusal = await Refusal.OfAsync(fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = password }), StatusCode.Unauthenticated);
            Assert.Equal("INVALID_CREDENTIALS", refusal.Reason);
        }
    }

    [Fact]
    public async Task Account_WhereNoneIsCreated_SignsInOnceItIsLinked_UntilTheUserIsDisabled()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings => settings.CreatesUsers = false);
        var person = await fixture.Auth.AddAsync(organisation.Administrator, "member");
        Assert.Equal(("NOT_A_USER", "not_linked"), await fixture.RefusalAsync(organisation));

        await LinkAsync(organisation, person.Id);
        await LinkAsync(organisation, person.Id);
        var claims = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = person.Id, Disabled = true } }, organisation.Administrator.Headers);

        // Without mappings the roles that an administrator gave stay.
        Assert.Equal((person.Id, "member"), (claims.Subject, Assert.Single(claims.Roles)));
        Assert.Equal(("NOT_A_USER", "disabled"), await fixture.RefusalAsync(organisation));
        Assert.Equal(1, await fixture.Auth.AskAsync<int>(
            "select count(*)::int from audit_events where organisation = @Id and action = 'user.link' and detail->>'issuer' = @Issuer and detail->>'subject' like 'sealed:%'",
            new { organisation.Id, provider.Issuer }));
    }

    [Fact]
    public async Task Link_OfATakenSubject_OfStrangers_AndOfMoreThanOneHas_IsRefused()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var person = await fixture.Auth.AddAsync(organisation.Administrator, "member");
        await LinkAsync(organisation, person.Id);
        var stranger = await fixture.Auth.RegisterAsync();
        await fixture.Service.Roles.CreateRoleAsync(
            new CreateRoleRequest { Role = new Role { Name = "idp-admin", Permissions = { "auth:identity_providers:write" } } }, organisation.Administrator.Headers);
        var lesser = await fixture.Auth.AddAsync(organisation.Administrator, "idp-admin");

        await Refusal.OfAsync(Link(organisation.Administrator, organisation.Administrator.Id), StatusCode.AlreadyExists);
        await Refusal.OfAsync(Link(organisation.Administrator, stranger.Id, "subject-2"), StatusCode.NotFound);
        await Refusal.OfAsync(Link(lesser, organisation.Administrator.Id, "subject-2"), StatusCode.PermissionDenied);
        var refusal = await Refusal.OfAsync(Link(organisation.Administrator, "", ""), StatusCode.InvalidArgument);
        Assert.Equal(["subject", "user"], refusal.Fields.Order(StringComparer.Ordinal));
    }

    private AsyncUnaryCall<LinkExternalAccountResponse> Link(Person caller, string user, string subject = "subject-1") => fixture.Providers.LinkExternalAccountAsync(
        new LinkExternalAccountRequest { IdentityProvider = "corporate", Subject = subject, User = user }, caller.Headers);

    private async Task LinkAsync(Organisation organisation, string user) => await Link(organisation.Administrator, user);

    private async Task<(HttpStatusCode, string?)> StatusAsync(Organisation organisation)
    {
        var (status, answer) = await fixture.SignInAsync(organisation);
        return (status, answer.GetProperty("reason").GetString());
    }

    private static JsonObject Groups(params string[] groups) => new() { ["groups"] = new JsonArray([.. groups.Select(static group => JsonValue.Create(group))]) };
}
