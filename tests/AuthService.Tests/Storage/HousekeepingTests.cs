using AiMesh.Auth.V1;
using AiMesh.AuthService.Storage;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AuthService.Tests.Storage;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class HousekeepingTests(AuthFixture fixture)
{
    [Fact]
    public async Task Clean_Always_DeletesWhatExpiredAndNothingElse()
    {
        var (gone, stays) = (await fixture.RegisterAsync(), await fixture.RegisterAsync());
        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), (await fixture.RegisterAsync()).Headers);
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.ExecuteAsync("update sessions set expires_at = now() - interval '1 second' where user_id = @Id", new { gone.Id });
        var head = await connection.QuerySingleAsync<long>("select sequence from revocation_head");
        await connection.ExecuteAsync("update revocations set expires_at = now() - interval '1 second' where sequence = @head", new { head });

        await fixture.Service.Services.GetRequiredService<Housekeeping>().CleanAsync(CancellationToken.None);

        Assert.Equal(0, await CountAsync("sessions where user_id = @Id", gone));
        Assert.Equal(1, await CountAsync("sessions where user_id = @Id", stays));
        Assert.Equal(1, await CountAsync("refresh_tokens t join sessions s on s.id = t.session_id where s.user_id = @Id", stays));
        Assert.Equal(0, await fixture.AskAsync<int>("select count(*)::int from revocations where sequence = @head", new { head }));
        Assert.True(await fixture.AskAsync<long>("select sequence from revocation_head") >= head);
        await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = stays.Tokens.RefreshToken });
    }

    private Task<int> CountAsync(string from, Person person) => fixture.AskAsync<int>($"select count(*)::int from {from}", new { person.Id });
}
