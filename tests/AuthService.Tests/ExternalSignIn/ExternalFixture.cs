using System.Net;
using System.Text.Json;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>Two replicas of AuthService over one database, and what tests of sign-in through providers have in common.</summary>
public sealed class ExternalFixture(AuthFixture auth) : IAsyncLifetime
{
    public const string ReturnAddress = "https://app.example.com/signed-in";

    public AuthFixture Auth => auth;

    /// <summary>The replica that most is asked of. It has patience of a test for slow providers.</summary>
    public AuthServiceHost Service { get; private set; } = null!;

    /// <summary>Another one.</summary>
    public AuthServiceHost Second => auth.Service;

    public async Task InitializeAsync() => Service = await AuthServiceHost.StartAsync(
        auth.Database.ConnectionString,
        $"ExternalSignIn:ReturnAddresses:0={ReturnAddress}", "ExternalSignIn:RetryInterval=00:00:00.001", "ExternalSignIn:Timeout=00:00:10");

    public async Task DisposeAsync() => await Service.DisposeAsync();

    /// <summary>An organisation with its administrator, in which people sign in through the provider.</summary>
    internal async Task<Organisation> SetUpAsync(FakeProvider provider, Action<IdentityProvider>? configure = null)
    {
        var administrator = await auth.RegisterAsync();
        var organisation = new Organisation(administrator, await OrganisationOfAsync(administrator));
        await AddAsync(organisation, provider.Issuer, configure);
        return organisation;
    }

    internal async Task<IdentityProvider> AddAsync(Organisation organisation, string issuer, Action<IdentityProvider>? configure = null)
    {
        var settings = new IdentityProvider
        {
            Name = "corporate",
            Issuer = issuer,
            ClientId = FakeProvider.ClientId,
            ClientSecret = FakeProvider.ClientSecret,
            DefaultRole = "viewer",
            CreatesUsers = true,
        };
        configure?.Invoke(settings);
        return await Providers.CreateIdentityProviderAsync(new CreateIdentityProviderRequest { IdentityProvider = settings }, organisation.Administrator.Headers);
    }

    internal IdentityProviders.IdentityProvidersClient Providers => new(Service.Channel);

    internal Uri StartOf(Organisation organisation, string provider = "corporate", string query = "") =>
        new(Service.HttpAddress, $"/api/auth/external/{organisation.Id}/{provider}/start{query}");

    /// <summary>Signs in from beginning to end.</summary>
    internal async Task<(HttpStatusCode Status, JsonElement Answer)> SignInAsync(Organisation organisation, Browser? browser = null, string provider = "corporate")
    {
        using var own = browser is null ? new Browser() : null;
        return await ReadAsync(await (browser ?? own!).FollowAsync(StartOf(organisation, provider)));
    }

    /// <summary>The same, to be refused: the reason, and what the audit record says is the problem.</summary>
    internal async Task<(string Reason, string Problem)> RefusalAsync(Organisation organisation, Browser? browser = null)
    {
        var (status, answer) = await SignInAsync(organisation, browser);
        Assert.False(status == HttpStatusCode.OK, answer.ToString());
        return (answer.GetProperty("reason").GetString()!, await LastProblemAsync(organisation));
    }

    internal Task<string> LastProblemAsync(Organisation organisation) => auth.AskAsync<string>(
        "select detail->>'problem' from audit_events where organisation = @Id and action = 'session.external_login_failed' order by sequence desc limit 1", new { organisation.Id });

    internal static async Task<(HttpStatusCode Status, JsonElement Answer)> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            return (response.StatusCode, document.RootElement.Clone());
        }
    }

    /// <summary>What an access token says, which any service of the mesh would believe.</summary>
    internal async Task<AccessTokenClaims> ClaimsAsync(JsonElement answer) => await ClaimsAsync(answer.GetProperty("accessToken").GetString()!);

    internal async Task<AccessTokenClaims> ClaimsAsync(string accessToken)
    {
        var verifier = Service.Services.GetRequiredService<AccessTokenVerifier>();
        return Assert.IsType<VerifiedToken>(await verifier.VerifyAsync(accessToken, CancellationToken.None)).Claims;
    }

    internal Task<string> OrganisationOfAsync(Person person) => auth.AskAsync<string>("select organisation from users where id = @Id", new { person.Id });
}

/// <summary>An organisation and who administers it.</summary>
internal sealed record Organisation(Person Administrator, string Id);
