using System.Text;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class RevocationListTests
{
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero));
    private readonly RevocationList _list;

    public RevocationListTests() => _list = new RevocationList(_time);

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private static AccessTokenClaims Claims
    {
        get
        {
            using var bench = new TokenBench();
            return bench.Claims;
        }
    }

    [Fact]
    public void IsRevoked_BySubject_HitsOlderTokensOnly()
    {
        _list.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSubject("demo", "alice"), Now, Now + 600)]));

        var ids = RevocationIds.Of(Claims);
        Assert.True(_list.IsRevoked(ids, _time.GetUtcNow().AddSeconds(-1)));
        Assert.False(_list.IsRevoked(ids, _time.GetUtcNow()));
    }

    [Fact]
    public void IsRevoked_BySubjectWithoutTime_HitsAll()
    {
        _list.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSubject("demo", "alice"), null, Now + 600)]));

        Assert.True(_list.IsRevoked(RevocationIds.Of(Claims), _time.GetUtcNow().AddDays(1)));
    }

    [Theory]
    [InlineData("jti")]
    [InlineData("sid")]
    public void IsRevoked_ByTokenOrSession_HitsWhateverTheTime(string by)
    {
        var id = by == "jti" ? RevocationIds.OfToken("token-1") : RevocationIds.OfSession("session-1");
        _list.Apply(new RevocationDocument(1, [new RevocationEntry(id, 1, Now + 600)]));

        Assert.True(_list.IsRevoked(RevocationIds.Of(Claims), _time.GetUtcNow()));
    }

    [Fact]
    public void IsRevoked_ForAnotherOrganisation_IsNot()
    {
        _list.Apply(new RevocationDocument(1, [new RevocationEntry(RevocationIds.OfSubject("other", "alice"), null, Now + 600)]));

        Assert.False(_list.IsRevoked(RevocationIds.Of(Claims), _time.GetUtcNow()));
    }

    [Fact]
    public void Apply_OfOlderTimeForTheSameSubject_KeepsTheStronger()
    {
        var id = RevocationIds.OfSubject("demo", "alice");
        _list.Apply(new RevocationDocument(1, [new RevocationEntry(id, Now + 10, Now + 600)]));
        _list.Apply(new RevocationDocument(2, [new RevocationEntry(id, Now, Now + 600)]));

        Assert.True(_list.IsRevoked(RevocationIds.Of(Claims), _time.GetUtcNow().AddSeconds(5)));
    }

    [Fact]
    public void Apply_ForgetsWhatExpired()
    {
        _list.Apply(new RevocationDocument(1, [new RevocationEntry("a", null, Now + 30), new RevocationEntry("b", null, Now + 600)]));

        _time.Advance(TimeSpan.FromMinutes(2));
        _list.Apply(new RevocationDocument(1, []));

        Assert.Equal(1, _list.Count);
    }

    [Fact]
    public void Loaded_WaitsForTheFirstDocument()
    {
        Assert.False(_list.Loaded.IsCompleted);
        _list.Apply(new RevocationDocument(0, []));
        Assert.True(_list.Loaded.IsCompleted);
    }

    [Fact]
    public void List_ThatIsCut_IsNeitherLoadedNorConfirmedByIt()
    {
        var part = new RevocationDocument(RevocationDocument.MaxEntries, [.. Enumerable.Range(0, RevocationDocument.MaxEntries).Select(number => new RevocationEntry($"{number}", null, Now + 600))]);
        _list.Apply(part);
        Assert.Null(_list.Age);
        Assert.False(_list.Loaded.IsCompleted);

        _list.Apply(new RevocationDocument(part.Sequence + 1, [new RevocationEntry("last", null, Now + 600)]));
        Assert.True(_list.Loaded.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(7));
        _list.Apply(part);
        Assert.Equal(TimeSpan.FromSeconds(7), _list.Age);
        _list.Apply(new RevocationDocument(part.Sequence + 1, []));
        Assert.Equal(TimeSpan.Zero, _list.Age);
    }

    [Fact]
    public void Document_WrittenAndRead_IsTheSame()
    {
        var document = new RevocationDocument(7, [new RevocationEntry("a", 5, 9), new RevocationEntry("b", null, 9)]);

        Assert.Equal("""{"sequence":7,"entries":[{"id":"a","issuedBefore":5,"expires":9},{"id":"b","expires":9}]}""", Encoding.UTF8.GetString(document.ToJson()));
        Assert.True(RevocationDocument.TryParse(document.ToJson(), out var read));
        Assert.Equal(7, read.Sequence);
        Assert.Equal(document.Entries.AsEnumerable(), read.Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"sequence":1}""")]
    [InlineData("""{"sequence":-1,"entries":[]}""")]
    [InlineData("""{"sequence":1,"entries":[{"expires":1}]}""")]
    [InlineData("""{"sequence":1,"entries":[{"id":"","expires":1}]}""")]
    [InlineData("""{"sequence":1,"entries":[{"id":"a"}]}""")]
    [InlineData("""{"sequence":1,"entries":[null]}""")]
    [InlineData("""{"sequence":1,"sequence":2,"entries":[]}""")]
    public void Document_Malformed_IsRefused(string json) => Assert.False(RevocationDocument.TryParse(Encoding.UTF8.GetBytes(json), out _));
}
