using AiMesh.Auth.V1;
using AiMesh.AuthService.Revocations;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.Revocations;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RevocationStoreTests(AuthFixture fixture)
{
    private RevocationStore Store => fixture.Service.Services.GetRequiredService<RevocationStore>();

    [Fact]
    public async Task List_AfterALogout_HoldsTheHashOfTheSession()
    {
        var person = await fixture.RegisterAsync();
        var sessionId = await fixture.AskAsync<string>("select id from sessions where user_id = @Id", new { person.Id });
        var before = await Store.ListAfterAsync(0, CancellationToken.None);
        await fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        var json = await fixture.Service.Http.GetByteArrayAsync(new Uri($"/.well-known/revoked?after={before.Sequence}", UriKind.Relative));

        Assert.True(RevocationDocument.TryParse(json, out var document));
        var entry = Assert.Single(document.Entries, entry => entry.Id == RevocationIds.OfSession(sessionId));
        Assert.Null(entry.IssuedBefore);
        Assert.InRange(entry.Expires, DateTimeOffset.UtcNow.AddSeconds(600).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddSeconds(720).ToUnixTimeSeconds());
        Assert.DoesNotContain(sessionId, System.Text.Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Empty((await Store.ListAfterAsync(document.Sequence, CancellationToken.None)).Entries);
    }

    [Fact]
    public async Task List_AfterANumberNeverGiven_TellsTheRealOne()
    {
        var head = (await Store.ListAfterAsync(0, CancellationToken.None)).Sequence;
        var document = await Store.ListAfterAsync(head + 1_000_000, CancellationToken.None);
        Assert.InRange(document.Sequence, head, head + 999);
    }

    [Fact]
    public async Task List_ReadWhileOthersRevoke_MissesNone()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => fixture.RegisterAsync()));
        var sessions = new HashSet<string>();
        foreach (var person in people)
            sessions.Add(RevocationIds.OfSession(await fixture.AskAsync<string>("select id from sessions where user_id = @Id", new { person.Id })));
        var after = (await Store.ListAfterAsync(0, CancellationToken.None)).Sequence;

        // Reads on and on while all of them log out at once, always from where the last answer ended.
        var logouts = Task.WhenAll(people.Select(person => fixture.Service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers).ResponseAsync));
        var seen = new HashSet<string>();
        for (var rest = 1; rest >= 0; rest -= logouts.IsCompleted ? 1 : 0)
        {
            var document = await Store.ListAfterAsync(after, CancellationToken.None);
            seen.UnionWith(document.Entries.Select(static entry => entry.Id));
            after = document.Sequence;
        }

        await logouts;
        Assert.Subset(seen, sessions);
    }
}
