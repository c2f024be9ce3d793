using AiMesh.Auth.V1;
using AiMesh.AuthService.Keys;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>What administrators do with the identity providers of their organisation.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class IdentityProvidersTests(ExternalFixture fixture) : IClassFixture<ExternalFixture>
{
    [Fact]
    public async Task Create_ThenGetAndList_ShowsEverythingButTheSecret()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings =>
        {
            settings.DisplayName = "Corporate login";
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "staff", Role = "member" });
        });

        var read = await fixture.Providers.GetIdentityProviderAsync(new GetIdentityProviderRequest { IdentityProvider = "corporate" }, organisation.Administrator.Headers);
        var listed = await fixture.Providers.ListIdentityProvidersAsync(new ListIdentityProvidersRequest(), organisation.Administrator.Headers);

        Assert.Equal(("Corporate login", provider.Issuer, FakeProvider.ClientId, ""), (read.DisplayName, read.Issuer, read.ClientId, read.ClientSecret));
        Assert.Equal(["profile", "email"], read.Scopes);
        Assert.Equal([new RoleMapping { Claim = "groups", Value = "staff", Role = "member" }], read.RoleMappings);
        Assert.EndsWith($"/api/auth/external/{organisation.Id}/corporate/callback", read.RedirectUri, StringComparison.Ordinal);
        Assert.Equal(read, Assert.Single(listed.IdentityProviders));
    }

    [Fact]
    public async Task Secret_LiesInAnEnvelope_AndMovesUnderTheMasterKeyOfToday()
    {
        // A database of its own: the mesh's other secrets move as well.
        var auth = new AuthFixture();
        await auth.InitializeAsync();
        var own = new ExternalFixture(auth);
        await own.InitializeAsync();
        try
        {
            await using var provider = await FakeProvider.StartAsync();
            var organisation = await own.SetUpAsync(provider);
            const string Sealed = "select master_key_version || ' ' || encode(sealed_secret, 'escape') from identity_providers where organisation = @Id";
            var before = await auth.AskAsync<string>(Sealed, new { organisation.Id });
            await using var later = await AuthServiceHost.StartAsync(
                auth.Database.ConnectionString, "Mesh:MasterKey=another master key", $"Mesh:PreviousMasterKeys:0={AuthServiceHost.MasterKey}");
            using var browser = new Browser();

            using var answer = await browser.FollowAsync(new Uri(later.HttpAddress, own.StartOf(organisation).PathAndQuery));

            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            Assert.DoesNotContain(FakeProvider.ClientSecret, before, StringComparison.Ordinal);
            Assert.StartsWith(new MasterKey(AuthServiceHost.MasterKey).Version, before, StringComparison.Ordinal);
            Assert.StartsWith(new MasterKey("another master key").Version, await auth.AskAsync<string>(Sealed, new { organisation.Id }), StringComparison.Ordinal);
        }
        finally
        {
            await own.DisposeAsync();
            await auth.DisposeAsync();
        }
    }

    [Fact]
    public async Task Create_WithWrongFields_NamesThemAll()
    {
        var administrator = await fixture.Auth.RegisterAsync();
        var refusal = await Refusal.OfAsync(
            fixture.Providers.CreateIdentityProviderAsync(
                new CreateIdentityProviderRequest
                {
                    IdentityProvider = new IdentityProvider
                    {
                        Name = "Corporate",
                        Issuer = "http://idp.example",
                        ClientId = "",
                        Scopes = { "a b" },
                        DefaultRole = "No Role",
                        RoleMappings = { new RoleMapping { Claim = "", Value = "x", Role = "member" } },
                    },
                },
                administrator.Headers),
            StatusCode.InvalidArgument);
        Assert.Equal(
            ["client_id", "client_secret", "default_role", "issuer", "name", "role_mappings[0].claim", "scopes"],
            refusal.Fields.Select(static field => field["identity_provider.".Length..]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("https://idp.example?x=1")]
    [InlineData("https://user:password@idp.example")]
    [InlineData("https://idp.example#x")]
    [InlineData("gopher://127.0.0.1")]
    [InlineData("/etc/passwd")]
    [InlineData("idp.example")]
    public async Task Create_WithAnIssuerThatIsNoAddressOutside_IsRefused(string issuer)
    {
        var administrator = await fixture.Auth.RegisterAsync();
        var refusal = await Refusal.OfAsync(Create(administrator, settings => settings.Issuer = issuer), StatusCode.InvalidArgument);
        Assert.Equal(["identity_provider.issuer"], refusal.Fields);
    }

    [Fact]
    public async Task Create_WhereNothingAnswers_SaysNoMoreThanThat()
    {
        var administrator = await fixture.Auth.RegisterAsync();
        await using var provider = await FakeProvider.StartAsync();
        provider.Instead["/.well-known/openid-configuration"] = static context => context.Response.WriteAsync("secret page of some server", context.RequestAborted);
        var closed = await Refusal.OfAsync(Create(administrator, static settings => settings.Issuer = $"http://127.0.0.1:{Testing.FreePort.Next()}"), StatusCode.InvalidArgument);
        var other = await Refusal.OfAsync(Create(administrator, settings => settings.Issuer = provider.Issuer), StatusCode.InvalidArgument);
        Assert.Equal(closed.Message, other.Message);
    }

    [Fact]
    public async Task Create_Twice_OrTooMany_IsRefused()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        await Refusal.OfAsync(Create(organisation.Administrator, settings => settings.Issuer = provider.Issuer), StatusCode.AlreadyExists);
        for (var i = 1; i < 20; i++) await fixture.AddAsync(organisation, provider.Issuer, settings => settings.Name = $"number-{i}");
        var refusal = await Refusal.OfAsync(Create(organisation.Administrator, settings => (settings.Issuer, settings.Name) = (provider.Issuer, "one-more")), StatusCode.FailedPrecondition);
        Assert.Equal("TOO_MANY_IDENTITY_PROVIDERS", refusal.Reason);
    }

    [Fact]
    public async Task Roles_ThatTheCallerCouldNotGrant_CanNotBeGivenByAProvider_NewOrChanged()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var own = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings =>
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "bosses", Role = "admin" }));
        await fixture.Service.Roles.CreateRoleAsync(
            new CreateRoleRequest { Role = new Role { Name = "idp-admin", Permissions = { "auth:identity_providers:*" } } }, organisation.Administrator.Headers);
        var lesser = await fixture.Auth.AddAsync(organisation.Administrator, "idp-admin");

        await Refusal.OfAsync(Create(lesser, settings => (settings.Issuer, settings.Name, settings.DefaultRole) = (provider.Issuer, "mine", "admin")), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Create(lesser, settings => (settings.Issuer, settings.Name, settings.DefaultRole) = (provider.Issuer, "mine", "nobody")), StatusCode.NotFound);

        // The mapping to admin stands already: pointing it at a provider of one's own would be the same as adding it.
        await Refusal.OfAsync(Update(lesser, new IdentityProvider { Name = "corporate", Issuer = own.Issuer, ClientSecret = "x" }), StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Update_ChangesWhatTheMaskNames()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider, static settings =>
            settings.RoleMappings.Add(new RoleMapping { Claim = "groups", Value = "bosses", Role = "admin" }));

        var updated = await Update(
            organisation.Administrator, new IdentityProvider { Name = "corporate", DisplayName = "New", DefaultRole = "" },
            "display_name", "default_role", "role_mappings", "creates_users");

        Assert.Equal(("New", "", false, provider.Issuer), (updated.DisplayName, updated.DefaultRole, updated.CreatesUsers, updated.Issuer));
        Assert.Empty(updated.RoleMappings);
        Assert.Equal(updated, await fixture.Providers.GetIdentityProviderAsync(new GetIdentityProviderRequest { IdentityProvider = "corporate" }, organisation.Administrator.Headers));
        Assert.Equal(["update_mask"], (await Refusal.OfAsync(Update(organisation.Administrator, updated, "name"), StatusCode.InvalidArgument)).Fields);
    }

    [Fact]
    public async Task Update_OfTheIssuer_TakesASecretOfThere()
    {
        await using var provider = await FakeProvider.StartAsync();
        await using var other = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var before = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);

        var refusal = await Refusal.OfAsync(Update(organisation.Administrator, new IdentityProvider { Name = "corporate", Issuer = other.Issuer }), StatusCode.InvalidArgument);
        await Update(organisation.Administrator, new IdentityProvider { Name = "corporate", Issuer = other.Issuer, ClientSecret = FakeProvider.ClientSecret });
        var after = await fixture.ClaimsAsync((await fixture.SignInAsync(organisation)).Answer);

        // The same subject, of another issuer: another person.
        Assert.Equal(["identity_provider.client_secret"], refusal.Fields);
        Assert.NotEqual(before.Subject, after.Subject);
    }

    [Fact]
    public async Task Provider_OfAnotherOrganisation_DoesNotExist()
    {
        await using var provider = await FakeProvider.StartAsync();
        await fixture.SetUpAsync(provider);
        var stranger = await fixture.Auth.RegisterAsync();

        await Refusal.OfAsync(fixture.Providers.GetIdentityProviderAsync(new GetIdentityProviderRequest { IdentityProvider = "corporate" }, stranger.Headers), StatusCode.NotFound);
        await Refusal.OfAsync(Update(stranger, new IdentityProvider { Name = "corporate", Disabled = true }), StatusCode.NotFound);
        await Refusal.OfAsync(fixture.Providers.DeleteIdentityProviderAsync(new DeleteIdentityProviderRequest { IdentityProvider = "corporate" }, stranger.Headers), StatusCode.NotFound);
        Assert.Empty((await fixture.Providers.ListIdentityProvidersAsync(new ListIdentityProvidersRequest(), stranger.Headers)).IdentityProviders);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    public async Task Everything_IsForAdministrators(string role)
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        var person = await fixture.Auth.AddAsync(organisation.Administrator, role);
        await Refusal.OfAsync(Create(person, settings => settings.Issuer = provider.Issuer), StatusCode.PermissionDenied);
        await Refusal.OfAsync(fixture.Providers.ListIdentityProvidersAsync(new ListIdentityProvidersRequest(), person.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(
            fixture.Providers.LinkExternalAccountAsync(new LinkExternalAccountRequest { IdentityProvider = "corporate", Subject = "x", User = person.Id }, person.Headers),
            StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Role_ThatAProviderGives_CanNotBeDeleted()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        foreach (var role in new[] { "mapped", "by-default" })
            await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = role } }, organisation.Administrator.Headers);
        await Update(
            organisation.Administrator,
            new IdentityProvider { Name = "corporate", DefaultRole = "by-default", RoleMappings = { new RoleMapping { Claim = "groups", Value = "x", Role = "mapped" } } });

        foreach (var role in new[] { "mapped", "by-default" })
        {
            var refusal = await Refusal.OfAsync(fixture.Service.Roles.DeleteRoleAsync(new DeleteRoleRequest { Role = role }, organisation.Administrator.Headers), StatusCode.FailedPrecondition);
            Assert.Equal("ROLE_IN_USE", refusal.Reason);
        }
    }

    [Fact]
    public async Task Changes_LeaveOneRecordEach()
    {
        await using var provider = await FakeProvider.StartAsync();
        var organisation = await fixture.SetUpAsync(provider);
        await Update(organisation.Administrator, new IdentityProvider { Name = "corporate", Disabled = true });
        await fixture.Providers.DeleteIdentityProviderAsync(new DeleteIdentityProviderRequest { IdentityProvider = "corporate" }, organisation.Administrator.Headers);

        Assert.Equal(
            "identity_provider.create identity_provider.update identity_provider.delete",
            await fixture.Auth.AskAsync<string>(
                "select string_agg(action, ' ' order by sequence) from audit_events where organisation = @Id and target = 'corporate' and actor = @Actor",
                new { organisation.Id, Actor = organisation.Administrator.Id }));
    }

    private AsyncUnaryCall<IdentityProvider> Create(Person caller, Action<IdentityProvider> configure)
    {
        var settings = new IdentityProvider { Name = "corporate", ClientId = FakeProvider.ClientId, ClientSecret = FakeProvider.ClientSecret };
        configure(settings);
        return fixture.Providers.CreateIdentityProviderAsync(new CreateIdentityProviderRequest { IdentityProvider = settings }, caller.Headers);
    }

    private AsyncUnaryCall<IdentityProvider> Update(Person caller, IdentityProvider changes, params string[] mask) => fixture.Providers.UpdateIdentityProviderAsync(
        new UpdateIdentityProviderRequest { IdentityProvider = changes, UpdateMask = mask.Length == 0 ? null : new FieldMask { Paths = { mask } } }, caller.Headers);
}
