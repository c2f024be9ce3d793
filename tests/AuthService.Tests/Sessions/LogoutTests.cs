using System.Diagnostics;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class LogoutTests(AuthFixture fixture)
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Logout_OfASession_EndsItsTokensHereAtOnce()
    {
        var person = await fixture.RegisterAsync();
        var elsewhere = await fixture.SignInAsync(person.Id, person.Email);

        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        var refused = await Refusal.OfAsync(fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers), StatusCode.Unauthenticated);
        Assert.Equal("TOKEN_REVOKED", refused.Reason);
        await Refusal.OfAsync(fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken }), StatusCode.Unauthenticated);
        await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), elsewhere.Headers);
        await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = elsewhere.Tokens.RefreshToken });
    }

    [Fact]
    public async Task Logout_WithoutToken_IsUnauthenticated() =>
        await Refusal.OfAsync(fixture.Service.Sessions.LogoutAsync(new LogoutRequest()), StatusCode.Unauthenticated);

    [Fact]
    public async Task Logout_TwiceAtOnce_IsNoError()
    {
        var person = await fixture.RegisterAsync();
        await using var replica = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString, "Mesh:Auth:RevocationPollInterval=00:00:10");

        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);
        await replica.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        Assert.Equal(1, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'session.logout' and actor = @Id", new { person.Id }));
    }

    [Fact]
    public async Task Logout_OfMorePeopleThanThereAreConnections_DoesNotStall()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 90).Select(_ => fixture.RegisterAsync()));
        var started = Stopwatch.GetTimestamp();

        await Task.WhenAll(people.Select(person => fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers).ResponseAsync));

        // Whoever held one connection while waiting for another would wait for the pool's timeout of 15 s.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Logout_AtOneReplica_IsSeenByAnotherWithinTwoSeconds()
    {
        var person = await fixture.RegisterAsync();
        await using var replica = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString);
        await replica.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);

        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        await WithinAsync(Promise, async () =>
        {
            try
            {
                await replica.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);
                return false;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
            {
                return true;
            }
        });
    }

    [Fact]
    public async Task Logout_OrDisabling_IsSeenByAnotherServiceWithinTwoSeconds()
    {
        await using var service = await VerifyingServiceAsync();
        using var http = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };
        var person = await fixture.RegisterAsync();
        var other = await fixture.AddAsync(person, "viewer");
        Assert.Equal(other.Id, await AskAsync(other));
        Assert.Equal(person.Id, await AskAsync(person));

        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = other.Id, Disabled = true } }, person.Headers);
        await WithinAsync(Promise, async () => (await AskAsync(other)).Length == 0);
        Assert.Equal(person.Id, await AskAsync(person));

        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);
        await WithinAsync(Promise, async () => (await AskAsync(person)).Length == 0);

        async Task<string> AskAsync(Person who)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Authorization = new("Bearer", who.Tokens.AccessToken) } };
            using var response = await http.SendAsync(request);
            return await response.Content.ReadAsStringAsync();
        }
    }

    private async Task<WebApplication> VerifyingServiceAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Mesh:Auth:Authority", fixture.Service.HttpAddress.ToString()), new("Mesh:Certificate:Mode", "None")]);
        builder.AddMeshAuthentication();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{FreePort.Next()}");
        app.UseAuthentication();
        app.MapGet("/", static (HttpContext context) => context.GetPrincipal().Subject);
        await app.StartAsync();
        return app;
    }

    private static async Task WithinAsync(TimeSpan promise, Func<Task<bool>> isSo)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < promise, $"not within {promise.TotalSeconds} s");
            await Task.Delay(20);
        }
    }
}
