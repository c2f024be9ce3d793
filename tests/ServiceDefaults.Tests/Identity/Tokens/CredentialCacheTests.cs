using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

public sealed class CredentialCacheTests : IDisposable
{
    private readonly TokenBench _bench = new();
    private readonly CredentialCache<CachedToken> _cache = new(100);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void TryGet_OfWhatIsUsedAgainAndAgain_Finds()
    {
        var token = Token();
        var hot = new TokenHash(1, 1, 1, 1);
        _cache.Add(hot, token);

        for (ulong i = 0; i < 1000; i++)
        {
            _cache.Add(new TokenHash(i, 2, 2, 2), token);
            Assert.True(_cache.TryGet(hot, out _), $"forgotten after {i}");
        }
    }

    [Fact]
    public void Add_OfMoreThanTheCapacity_ForgetsTheOldest()
    {
        var token = Token();
        for (ulong i = 0; i < 1000; i++) _cache.Add(new TokenHash(i, 2, 2, 2), token);

        var held = Enumerable.Range(0, 1000).Count(i => _cache.TryGet(new TokenHash((ulong)i, 2, 2, 2), out _));
        Assert.InRange(held, 1, 100);
    }

    [Fact]
    public void GetOrAdd_ByTwoAtOnce_GivesBothTheSame()
    {
        const int Times = 20_000;
        var roomy = new CredentialCache<CachedToken>(10 * Times);
        using var together = new Barrier(2);
        var given = new[] { new CachedToken[Times], new CachedToken[Times] };
        var mine = new[] { Token(), Token() };
        var threads = Enumerable.Range(0, 2).Select(n => new Thread(() =>
        {
            for (var i = 0; i < Times; i++)
            {
                together.SignalAndWait();
                given[n][i] = roomy.GetOrAdd(new TokenHash((ulong)i, 3, 3, 3), mine[n]);
            }
        })).ToList();

        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        Assert.Equal(0, Enumerable.Range(0, Times).Count(i => !ReferenceEquals(given[0][i], given[1][i])));
    }

    [Fact]
    public void Remove_Forgets()
    {
        var hash = new TokenHash(1, 1, 1, 1);
        _cache.Add(hash, Token());

        _cache.Remove(hash);

        Assert.False(_cache.TryGet(hash, out _));
    }

    private CachedToken Token() => new(new VerifiedToken(_bench.Claims, _bench.Claims.ToPrincipal()), _bench.Current, 0);
}
