using AiMesh.Auth.V1;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.Sessions;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class TokenSubjectTests(AuthFixture fixture)
{
    [Fact]
    public async Task Lock_WhileATokenIsIssued_MakesAChangeWaitAndRevokeThatToken()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        await using var issuing = await BeginAsync(person);
        var subject = await TokenSubject.LockAsync(issuing, person.Id, CancellationToken.None);

        var change = fixture.Service.Users.UpdateUserAsync(
            new UpdateUserRequest { User = new User { Id = person.Id, Roles = { "member" } } }, administrator.Headers).ResponseAsync;

        Assert.NotSame(change, await Task.WhenAny(change, Task.Delay(500)));
        await issuing.CommitAsync(CancellationToken.None);
        await change;
        await using var later = await BeginAsync(person);
        var changed = await TokenSubject.LockAsync(later, person.Id, CancellationToken.None);
        Assert.Equal(["viewer"], subject!.Roles.AsEnumerable());
        Assert.Equal(["member"], changed!.Roles.AsEnumerable());
        Assert.True(changed.TokensFrom > subject.Now);
    }

    [Fact]
    public async Task Lock_OfARoleChangeMeanwhile_SeesTheChange()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        await using var changing = await BeginAsync(person);
        await changing.ExecuteAsync("select 1 from users where id = @Id for no key update", new { person.Id }, CancellationToken.None);
        await UserStore.SetRolesAsync(changing, person.Id, ["member"], CancellationToken.None);
        var refresh = fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken }).ResponseAsync;
        Assert.NotSame(refresh, await Task.WhenAny(refresh, Task.Delay(500)));

        await changing.CommitAsync(CancellationToken.None);

        var verified = await fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With((await refresh).AccessToken));
        Assert.Equal(["member"], verified.Roles);
    }

    private async Task<AuthTransaction> BeginAsync(Person person) =>
        await fixture.Service.Services.GetRequiredService<AuthDatabase>().BeginAsync(
            await fixture.AskAsync<string>("select organisation from users where id = @Id", new { person.Id }), CancellationToken.None);
}
