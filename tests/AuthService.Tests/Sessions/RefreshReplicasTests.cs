using System.Diagnostics;
using AiMesh.Auth.V1;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Sessions;

/// <summary>Refreshing at two replicas at once.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RefreshReplicasTests(AuthFixture fixture) : IAsyncLifetime
{
    private AuthServiceHost _replica = null!;

    public async Task InitializeAsync() => _replica = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString);

    public async Task DisposeAsync() => await _replica.DisposeAsync();

    [Fact]
    public async Task Refresh_OfManyFamiliesFiftyTimesAtOnce_LogsNobodyOut()
    {
        var families = Scale.Of(quick: 20, full: 1_000);
        var person = await fixture.RegisterAsync();
        for (var family = 0; family < families; family++)
        {
            var session = family == 0 ? person : await fixture.SignInAsync(person.Id, person.Email);
            var token = session.Tokens.RefreshToken;

            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Refresh(i % 2 == 0 ? fixture.Service : _replica, token).ResponseAsync));

            var successor = Assert.Single(answers.Select(static answer => answer.RefreshToken).Distinct());
            await Refresh(_replica, successor);
        }

        Assert.Equal(0, await fixture.AskAsync<int>("select count(*)::int from sessions where user_id = @Id and ended_at is not null", new { person.Id }));
    }

    [Fact]
    public async Task Refresh_WithAReplayedToken_IsDeadOnEveryReplicaWithinASecond()
    {
        var person = await fixture.RegisterAsync();
        var second = await Refresh(fixture.Service, person.Tokens.RefreshToken);
        await EndGraceAsync(person);

        await Refusal.OfAsync(Refresh(fixture.Service, person.Tokens.RefreshToken), StatusCode.Unauthenticated);
        var replayed = Stopwatch.GetTimestamp();

        // Refresh tokens are asked for in the database, access tokens fall with the next look at the feed.
        foreach (var token in (string[])[person.Tokens.RefreshToken, second.RefreshToken])
        {
            await Refusal.OfAsync(Refresh(_replica, token), StatusCode.Unauthenticated);
            await Refusal.OfAsync(Refresh(fixture.Service, token), StatusCode.Unauthenticated);
        }

        while (await IsTakenAsync(second.AccessToken))
            Assert.True(Stopwatch.GetElapsedTime(replayed) < TimeSpan.FromSeconds(2), "The access token outlives its session.");
    }

    private static AsyncUnaryCall<TokenResponse> Refresh(AuthServiceHost replica, string token) => replica.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = token });

    private async Task<bool> IsTakenAsync(string accessToken)
    {
        try
        {
            await _replica.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(accessToken));
            await Task.Delay(10);
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return false;
        }
    }

    private async Task EndGraceAsync(Person person)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        Assert.Equal(1, await connection.ExecuteAsync(
            "update refresh_tokens t set spent_at = spent_at - interval '16 seconds' from sessions s where s.id = t.session_id and s.user_id = @Id and spent_at is not null",
            new { person.Id }));
    }
}
