using AiMesh.Gateway.Caching;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Tests.Caching;

public sealed class AnswerStoreTests
{
    private readonly AnswerStore _store = Open(new CacheOptions { MaxBytes = 64 * 1024, MaxAnswerBytes = 8 * 1024, MaxVariants = 2 });

    [Fact]
    public void Store_KeepsTheNewestVariantsOfAnAddress()
    {
        foreach (var label in (string[])["1", "2", "2", "3"]) Assert.True(Add("a", label));
        Assert.Equal(["3", "2"], Labels("a"));
        Assert.Empty(Labels("b"));
    }

    [Fact]
    public void Store_StaysWithinItsBytes_AndLetsGoOfWhatWasNotUsed()
    {
        Add("first", "1", 4096);
        for (var i = 0; i < 100; i++)
        {
            Assert.NotEmpty(Labels("first"));
            Add($"other {i}", "1", 4096);
            Assert.InRange(_store.Bytes, 1, 64 * 1024);
        }

        Assert.InRange(_store.Count, 2, 15);
        Assert.Empty(Labels("other 0"));
        Assert.False(Add("large", "1", 8 * 1024 + 1));
        _store.ForgetAll();
        Assert.Equal((0, 0), (_store.Bytes, _store.Count));
    }

    [Fact]
    public void Forget_ForgetsOneDataset_AndWhatWasAskedForBefore()
    {
        Add("a", "1");
        Add("b", "1", dataset: "others");
        var asked = _store.Find(Key("a")).Writes;
        _store.Forget(new DatasetName("demo", "movies"));
        Assert.Empty(Labels("a"));
        Assert.NotEmpty(Labels("b", "others"));
        Assert.False(_store.Add(Key("a"), Answer("2", 10), asked));
        Assert.Empty(Labels("a"));
        Assert.True(Add("a", "3"));
    }

    [Fact]
    public void Store_ThatIsClosed_KeepsNothing()
    {
        Add("a", "1");
        var asked = _store.Find(Key("a")).Writes;
        _store.Close();
        Assert.Empty(Labels("a"));
        Assert.False(Add("a", "2"));
        _store.Open();
        Assert.False(_store.Add(Key("a"), Answer("3", 10), asked));
        Assert.True(Add("a", "4"));
    }

    [Fact]
    public async Task Flights_LetOneGoAhead_AndAnotherWhereThatOneGivesUp()
    {
        var flights = new Flights();
        Assert.Null(flights.Join("a"));
        Assert.Null(flights.Join("b"));
        var (first, second) = (flights.Join("a"), flights.Join("a"));
        Assert.NotNull(first);
        Assert.NotNull(second);
        using var gone = new CancellationTokenSource();
        var impatient = first.WaitAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        flights.Land("a", Landing.Abandoned);
        Assert.Equal(Landing.Abandoned, await second);
        Assert.Null(flights.Join("a"));
        Assert.NotNull(flights.Join("a"));
    }

    private static AnswerStore Open(CacheOptions options)
    {
        var store = new AnswerStore(Options.Create(options));
        store.Open();
        return store;
    }

    private static CacheKey Key(string text, string dataset = "movies") => new(text, new DatasetName("demo", dataset));

    private static CachedAnswer Answer(string label, int size) => new(label, new byte[size], "application/json", "\"t\"", "private");

    private bool Add(string key, string label, int size = 10, string dataset = "movies") => _store.Add(Key(key, dataset), Answer(label, size), _store.Find(Key(key, dataset)).Writes);

    private string[] Labels(string key, string dataset = "movies") => [.. _store.Find(Key(key, dataset)).Answers.Select(static answer => answer.Label)];
}
