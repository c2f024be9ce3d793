using AiMesh.Auth.V1;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RefreshTests(AuthFixture fixture)
{
    [Fact]
    public async Task Refresh_WithCurrentToken_GivesNewTokens()
    {
        var person = await fixture.RegisterAsync();

        var refreshed = await RefreshAsync(person.Tokens.RefreshToken);

        Assert.NotEqual(person.Tokens.RefreshToken, refreshed.RefreshToken);
        Assert.NotEqual(person.Tokens.AccessToken, refreshed.AccessToken);
        Assert.Equal(600, refreshed.ExpiresIn);
        var verified = await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(refreshed.AccessToken));
        Assert.Equal(person.Id, verified.Subject);
    }

    [Fact]
    public async Task Refresh_ManyTimesInARow_KeepsTheSession()
    {
        var token = (await fixture.RegisterAsync()).Tokens.RefreshToken;
        for (var i = 0; i < 20; i++) token = (await RefreshAsync(token)).RefreshToken;
    }

    [Fact]
    public async Task Refresh_FiftyTimesAtOnce_GivesOneSuccessorAndNoLogout()
    {
        for (var family = 0; family < 5; family++)
        {
            var person = await fixture.RegisterAsync();

            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RefreshAsync(person.Tokens.RefreshToken).ResponseAsync));

            var successor = Assert.Single(answers.Select(static answer => answer.RefreshToken).Distinct());
            Assert.Equal(50, answers.Select(static answer => answer.AccessToken).Distinct().Count());
            await RefreshAsync(successor);
        }
    }

    [Fact]
    public async Task Refresh_ByTabsThatShareTheToken_NeverLogsOut()
    {
        var current = (await fixture.RegisterAsync()).Tokens.RefreshToken;
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            for (var i = 0; i < 10; i++) current = (await RefreshAsync(current)).RefreshToken;
        }));
        await RefreshAsync(current);
    }

    [Fact]
    public async Task Refresh_WithReusedToken_RevokesTheFamily()
    {
        var person = await fixture.RegisterAsync();
        var second = await RefreshAsync(person.Tokens.RefreshToken);
        await EndGraceAsync(person);

        var stolen = await RefusedAsync(person.Tokens.RefreshToken);
        var owners = await RefusedAsync(second.RefreshToken);

        Assert.Equal("REFRESH_TOKEN_INVALID", stolen.Reason);
        Assert.Equal(stolen, owners);
        await RefusedAsync(person.Tokens.RefreshToken);
        var refused = await Refusal.OfAsync(
            fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(second.AccessToken)), StatusCode.Unauthenticated);
        Assert.Equal("TOKEN_REVOKED", refused.Reason);
        Assert.Equal(1, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'session.refresh_reused' and actor = @Id", new { person.Id }));
    }

    [Fact]
    public async Task Refresh_WithReusedToken_LeavesOtherSessionsAlone()
    {
        var person = await fixture.RegisterAsync();
        var elsewhere = await fixture.SignInAsync(person.Id, person.Email);
        await RefreshAsync(person.Tokens.RefreshToken);
        await EndGraceAsync(person);
        await RefusedAsync(person.Tokens.RefreshToken);

        await RefreshAsync(elsewhere.Tokens.RefreshToken);
    }

    [Fact]
    public async Task Refresh_WithinTheGrace_GivesTheSuccessorAlsoAfterThatWasSpent()
    {
        var person = await fixture.RegisterAsync();
        var second = await RefreshAsync(person.Tokens.RefreshToken);
        await RefreshAsync(second.RefreshToken);

        Assert.Equal(second.RefreshToken, (await RefreshAsync(person.Tokens.RefreshToken)).RefreshToken);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("amrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Refresh_WithUnknownToken_IsUnauthenticated(string token) => Assert.Equal("REFRESH_TOKEN_INVALID", (await RefusedAsync(token)).Reason);

    [Fact]
    public async Task Refresh_WithoutToken_NamesTheField()
    {
        var refused = await Refusal.OfAsync(RefreshAsync(""), StatusCode.InvalidArgument);
        Assert.Equal(["refresh_token"], refused.Fields);
    }

    [Theory]
    [InlineData("update refresh_tokens t set expires_at = now() from sessions s where s.id = t.session_id and s.user_id = @Id")]
    [InlineData("update sessions set expires_at = now() where user_id = @Id")]
    public async Task Refresh_AfterTokenOrSessionExpired_IsUnauthenticated(string expire)
    {
        var person = await fixture.RegisterAsync();
        await ExecuteAsync(expire, person);
        await RefusedAsync(person.Tokens.RefreshToken);
    }

    [Fact]
    public async Task Refresh_OfADisabledUser_IsUnauthenticated()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = person.Id, Disabled = true } }, administrator.Headers);

        await RefusedAsync(person.Tokens.RefreshToken);
    }

    [Fact]
    public async Task Refresh_WhileRolesChange_NeverLeavesAnOldRoleInAGoodToken()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        var token = person.Tokens.RefreshToken;
        string[] roles = ["member", "viewer"];
        for (var round = 0; round < 20; round++)
        {
            var role = roles[round % 2];
            var refreshes = Enumerable.Range(0, 6).Select(_ => RefreshAsync(token).ResponseAsync).ToArray();
            await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = person.Id, Roles = { role } } }, administrator.Headers);
            foreach (var answer in await Task.WhenAll(refreshes))
            {
                Assert.True(await IsRefusedOrHasAsync(answer.AccessToken, role), $"round {round}");
                token = answer.RefreshToken;
            }

            Assert.True(await HasAsync((await RefreshAsync(token)).AccessToken, role));
        }
    }

    private async Task<bool> IsRefusedOrHasAsync(string accessToken, string role)
    {
        try
        {
            return await HasAsync(accessToken, role);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return true;
        }
    }

    private async Task<bool> HasAsync(string accessToken, string role) =>
        (await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(accessToken))).Roles.SequenceEqual([role]);

    private AsyncUnaryCall<TokenResponse> RefreshAsync(string token) => fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = token });

    private Task<RefusedCall> RefusedAsync(string token) => Refusal.OfAsync(RefreshAsync(token), StatusCode.Unauthenticated);

    private Task EndGraceAsync(Person person) => ExecuteAsync(
        "update refresh_tokens t set spent_at = spent_at - interval '16 seconds' from sessions s where s.id = t.session_id and s.user_id = @Id", person);

    private async Task ExecuteAsync(string sql, Person person)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        Assert.True(await connection.ExecuteAsync(sql, new { person.Id }) > 0);
    }
}
