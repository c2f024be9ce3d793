using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Json;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Passwords;
using Dapper;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class LoginTests(AuthFixture fixture)
{
    [Fact]
    public async Task Login_WithRightPassword_GivesATokenThatSaysWhoAndWhat()
    {
        var person = await fixture.RegisterAsync();

        Assert.Equal("Bearer", person.Tokens.TokenType);
        Assert.Equal(600, person.Tokens.ExpiresIn);
        var parts = person.Tokens.AccessToken.Split('.');
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        Assert.Equal("ES256", header.RootElement.GetProperty("alg").GetString());
        Assert.Equal("at+jwt", header.RootElement.GetProperty("typ").GetString());
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        var claims = payload.RootElement;
        Assert.Equal(person.Id, claims.GetProperty("sub").GetString());
        Assert.Equal(person.Email, claims.GetProperty("email").GetString());
        Assert.Equal("FREE", claims.GetProperty("tier").GetString());
        Assert.Equal(["*"], claims.GetProperty("perms").EnumerateArray().Select(static item => item.GetString()));
        Assert.Equal(600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("nbf").GetInt64());
    }

    [Fact]
    public async Task Login_UnknownWrongOrDisabled_IsTheSameAnswer()
    {
        var administrator = await fixture.RegisterAsync();
        var disabled = await fixture.AddAsync(administrator, "viewer");
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = disabled.Id, Disabled = true } }, administrator.Headers);

        var unknown = await RefusedAsync(AuthFixture.NewEmail(), AuthFixture.Password);
        var wrong = await RefusedAsync(administrator.Email, "not the password");
        var off = await RefusedAsync(disabled.Email, AuthFixture.Password);
        var malformed = await RefusedAsync("not an address", AuthFixture.Password);

        Assert.Equal("INVALID_CREDENTIALS", unknown.Reason);
        Assert.All([wrong, off, malformed], other => Assert.Equal(unknown, other));
    }

    [Fact]
    public async Task Login_OfUnknownAccount_TakesAsLongAsAWrongPassword()
    {
        var person = await fixture.RegisterAsync();
        await RefusedAsync(AuthFixture.NewEmail(), "warm up");

        // The shortest of a few is what the work itself takes; hashing is most of it.
        var wrong = await ShortestAsync(() => person.Email);
        var unknown = await ShortestAsync(AuthFixture.NewEmail);

        Assert.InRange(unknown / wrong, 0.5, 2);

        async Task<double> ShortestAsync(Func<string> email)
        {
            var shortest = double.MaxValue;
            for (var i = 0; i < 4; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await RefusedAsync(email(), "not the password");
                shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return shortest;
        }
    }

    [Fact]
    public async Task Login_AfterFiveFailures_IsPausedEvenWithTheRightPassword()
    {
        var person = await fixture.RegisterAsync();
        for (var i = 0; i < 5; i++) await RefusedAsync(person.Email, "not the password");

        var paused = await Refusal.OfAsync(LoginAsync(person.Email.ToUpperInvariant(), AuthFixture.Password), StatusCode.ResourceExhausted);

        Assert.Equal("SIGN_IN_PAUSED", paused.Reason);
        Assert.InRange(paused.Retry!.RetryDelay.Seconds, 20, 30);
        await fixture.RegisterAsync();
    }

    [Fact]
    public async Task Login_AfterFiveFailuresOfUnknownAccount_IsPausedLikeAKnownOne()
    {
        var email = AuthFixture.NewEmail();
        for (var i = 0; i < 5; i++) await RefusedAsync(email, "not the password");
        await Refusal.OfAsync(LoginAsync(email, "not the password"), StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Login_AfterFiveTriesOfADisabledAccount_IsPausedLikeAnyOther()
    {
        var administrator = await fixture.RegisterAsync();
        var disabled = await fixture.AddAsync(administrator, "viewer");
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = disabled.Id, Disabled = true } }, administrator.Headers);

        for (var i = 0; i < 5; i++) await RefusedAsync(disabled.Email, AuthFixture.Password);

        await Refusal.OfAsync(LoginAsync(disabled.Email, AuthFixture.Password), StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Login_AfterThePause_CountsOnAndPausesLonger()
    {
        var person = await fixture.RegisterAsync();
        for (var i = 0; i < 5; i++) await RefusedAsync(person.Email, "not the password");
        await EndPausesAsync();
        await RefusedAsync(person.Email, "not the password");

        var paused = await Refusal.OfAsync(LoginAsync(person.Email, AuthFixture.Password), StatusCode.ResourceExhausted);

        Assert.InRange(paused.Retry!.RetryDelay.Seconds, 50, 60);
        await EndPausesAsync();
        await LoginAsync(person.Email, AuthFixture.Password);
    }

    [Fact]
    public async Task Login_WithSuccessInBetween_StartsCountingAnew()
    {
        var person = await fixture.RegisterAsync();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 4; i++) await RefusedAsync(person.Email, "not the password");
            await LoginAsync(person.Email, AuthFixture.Password);
        }
    }

    [Fact]
    public async Task Login_WithManyGuessesAtOnce_LetsFewThrough()
    {
        var person = await fixture.RegisterAsync();
        var calls = Enumerable.Range(0, 40).Select(i => LoginAsync(person.Email, $"guess number {i}")).ToArray();

        var codes = new List<StatusCode>();
        foreach (var call in calls) codes.Add((await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);

        // Five, and at most as many as were being checked at that moment.
        Assert.InRange(codes.Count(static code => code == StatusCode.Unauthenticated), 5, 5 + Environment.ProcessorCount);
        Assert.DoesNotContain(codes, static code => code is not (StatusCode.Unauthenticated or StatusCode.ResourceExhausted));
    }

    [Fact]
    public async Task Login_OfOneAccountManyTimesAtOnce_AlwaysSucceeds()
    {
        var person = await fixture.RegisterAsync();
        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => LoginAsync(person.Email, AuthFixture.Password).ResponseAsync));
        Assert.Equal(20, tokens.Select(static pair => pair.RefreshToken).Distinct().Count());
    }

    [Fact]
    public async Task Login_WithHashOfOldParameters_RenewsTheHash()
    {
        var person = await fixture.RegisterAsync();
        var old = new Pbkdf2(210_000).Hash(System.Text.Encoding.UTF8.GetBytes(AuthFixture.Password)).ToString();
        await using (var connection = new NpgsqlConnection(fixture.Database.ConnectionString))
            await connection.ExecuteAsync("update users set password_hash = @old where id = @Id", new { old, person.Id });

        await RefusedAsync(person.Email, "not the password");
        Assert.Equal(old, await HashAsync());
        await LoginAsync(person.Email, AuthFixture.Password);

        Assert.StartsWith("$argon2id$", await HashAsync(), StringComparison.Ordinal);
        await LoginAsync(person.Email, AuthFixture.Password);

        Task<string> HashAsync() => fixture.AskAsync<string>("select password_hash from users where id = @Id", new { person.Id });
    }

    [Fact]
    public async Task Login_WithoutFields_NamesThem()
    {
        var refused = await Refusal.OfAsync(LoginAsync("", ""), StatusCode.InvalidArgument);
        Assert.Equal(["email", "password"], refused.Fields);
    }

    [Theory]
    [InlineData("\0@example.com")]
    [InlineData("a@\ud7ff\u0301")]
    [InlineData("' or 1=1 --@example.com")]
    public async Task Login_WithStrangeAddress_IsRefusedLikeAnyOther(string email) => await RefusedAsync(email, "\0 a password");

    [Fact]
    public async Task Login_GoodAndBad_IsInTheAuditOnceEach()
    {
        var person = await fixture.RegisterAsync();
        await RefusedAsync(person.Email, "not the password");

        Assert.Equal(1, await CountAsync("session.login", "actor"));
        Assert.Equal(1, await CountAsync("session.login_failed", "target"));

        Task<int> CountAsync(string action, string column) =>
            fixture.AskAsync<int>($"select count(*)::int from audit_events where action = @action and {column} = @Id", new { action, person.Id });
    }

    private AsyncUnaryCall<TokenResponse> LoginAsync(string email, string password) =>
        fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = email, Password = password });

    private Task<RefusedCall> RefusedAsync(string email, string password) => Refusal.OfAsync(LoginAsync(email, password), StatusCode.Unauthenticated);

    private async Task EndPausesAsync()
    {
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.ExecuteAsync("update sign_in_failures set blocked_until = now()");
    }
}
