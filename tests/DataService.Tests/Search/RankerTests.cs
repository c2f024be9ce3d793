using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.Ranking;
using AiMesh.Embeddings;

namespace AiMesh.DataService.Tests.Search;

/// <summary>Ranking in memory: what is not a candidate has no part in it, and a graph finds what comparing all finds.</summary>
public sealed class RankerTests
{
    private static readonly SentenceEmbedder Embedder = new(WordTable.Load());
    private static readonly string[] Words = "river bank loan money boat fish house roof garden tree engine wheel road city doctor nurse heart music piano song".Split(' ');

    [Fact]
    public void Rank_WithAndWithoutWhatIsHidden_AnswersTheSame()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var items = Enumerable.Range(0, 60).Select(i => (Id: $"i{random.Next(100_000):D6}", Text: Text(random), Memo: Text(random), Visible: random.Next(4) == 0)).DistinctBy(item => item.Id).ToList();
            var visible = items.Where(item => item.Visible).ToList();

            // One index holds all, in several revisions and with old versions of what is there; the other one only what the caller sees.
            var all = new MemoryIndex(Embedder.Dimensions);
            all.Apply(items.Select(item => Item(item.Id, 1, ("text", item.Visible ? Text(random) : item.Text), ("memo", Text(random)))), 1);
            all.Apply(items.Select(item => Item(item.Id, 2, ("text", item.Text), ("memo", item.Memo))), 2);
            all.Apply(items.Where(item => !item.Visible).Take(5).Select(item => Item(item.Id, 3)), 3);
            all.Apply(items.Select(item => Item(item.Id, 4, ("text", "river bank loan"))), 4);
            var alone = new MemoryIndex(Embedder.Dimensions);
            alone.Apply(visible.OrderBy(_ => random.Next()).Select(item => Item(item.Id, 1, ("text", item.Text))), 1);

            foreach (var weight in (double[])[0, 0.4, 1])
            {
                var query = new RankQuery(Text(random), 10, weight, 0);
                var expected = Ranker().Rank(query, Candidates.AllBut(alone, 1, []), [alone.Field("text")!], isAllVisible: true);
                var ids = visible.Select(item => item.Id).ToArray();

                // Somebody who sees everything has asked before: what was counted for them is theirs.
                Ranker().Rank(query, Candidates.AllBut(all, 3, []), [all.Field("text")!], isAllVisible: true);
                Assert.Equal(expected, Ranker().Rank(query, Candidates.Of(all, 3, ids, []), [all.Field("text")!], isAllVisible: false));
                Assert.True(weight == 0 || expected.Count == Math.Min(10, visible.Count));
            }
        }
    }

    [Fact]
    public void Rank_OfWhatWaitsToBeIndexed_LeavesItOut()
    {
        var index = new MemoryIndex(Embedder.Dimensions);
        index.Apply([Item("a", 1, ("text", "river boat")), Item("b", 1, ("text", "river fish"))], 1);
        var query = new RankQuery("river", 10, 0.5, 0);
        Assert.Equal(["b"], Ranker().Rank(query, Candidates.AllBut(index, 1, ["a"]), [index.Field("text")!], isAllVisible: true).Select(hit => hit.Id));
        Assert.Equal(["b"], Ranker().Rank(query, Candidates.Of(index, 1, ["a", "b"], ["a"]), [index.Field("text")!], isAllVisible: true).Select(hit => hit.Id));
        var alone = new MemoryIndex(Embedder.Dimensions);
        alone.Apply([Item("b", 1, ("text", "river fish"))], 1);
        Assert.Equal(
            Ranker().Rank(query, Candidates.AllBut(alone, 1, []), [alone.Field("text")!], isAllVisible: true),
            Ranker().Rank(query, Candidates.AllBut(index, 1, ["a"]), [index.Field("text")!], isAllVisible: true));
    }

    [Fact]
    public void Rank_AtARevisionThatTheCopySkipped_LeavesOutWhatWasIndexedMeanwhile()
    {
        var index = new MemoryIndex(Embedder.Dimensions);
        index.Apply([Item("changed", 1, ("text", "secret river")), Item("same", 1, ("text", "secret river")), Item("calm", 1, ("text", "river"))], 1);

        // Nobody knows what the first two held at 2 and 3; the third they held at 1.
        index.Apply([Item("changed", 4, ("text", "river")), Item("same", 4, ("text", "secret river")), Item("later", 5, ("text", "river"))], 5);
        foreach (var revision in (long[])[2, 3])
        {
            Assert.False(index.IsWhole(revision));
            Assert.Empty(Found("secret", revision));
            Assert.Equal(["calm"], Found("river", revision));
        }

        Assert.Equal(["changed", "same"], Found("secret", 1));
        Assert.Equal(["same"], Found("secret", 4));
        Assert.True(index.IsWhole(5));
        Assert.Equal(["calm", "changed", "later", "same"], Found("river", 5));

        IEnumerable<string> Found(string query, long revision) =>
            Ranker().Rank(new RankQuery(query, 10, 0, 0), Candidates.Of(index, revision, ["calm", "changed", "later", "same"], []), [index.Field("text")!], isAllVisible: true)
                .Select(hit => hit.Id).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Rank_ByGraph_FindsWhatComparingAllFinds_AndOnlyForWhoSeesEverything()
    {
        var (index, random) = (new MemoryIndex(Embedder.Dimensions), new Random(11));
        index.Apply(Enumerable.Range(0, 2000).Select(i => Item($"i{i:D4}", 1, ("text", $"{Text(random)} {Text(random)}"))), 1);
        var field = index.Field("text")!;

        // All but the last, which is compared by itself.
        while (field.Graph.Count < 1999) field.Graph.AddNext();
        var (found, filtered) = (0, 0);
        var tenth = Enumerable.Range(0, 2000).Where(i => i % 4 == 0).Select(i => $"i{i:D4}").ToArray();
        for (var i = 0; i < 20; i++)
        {
            var query = new RankQuery(Text(random), 10, 1, 0);
            var (all, some) = (Candidates.AllBut(index, 1, []), Candidates.Of(index, 1, tenth, []));
            var exact = Ranker().Rank(query, all, [field], isAllVisible: true);
            found += exact.Intersect(Ranker(exactLimit: 100).Rank(query, all, [field], isAllVisible: true)).Count();
            var exactOfSome = Ranker().Rank(query, some, [field], isAllVisible: true);
            var byGraph = Ranker(exactLimit: 100).Rank(query, some, [field], isAllVisible: true);
            Assert.Equal(10, byGraph.Count);
            filtered += exactOfSome.Intersect(byGraph).Count();
            Assert.Equal(exactOfSome, Ranker(exactLimit: 100).Rank(query, some, [field], isAllVisible: false));
        }

        Assert.InRange(found, 190, 200);
        Assert.InRange(filtered, 190, 200);

        var vector = Embedder.Embed("river bank");
        Assert.True(Compared(isAllVisible: true) < 1000);
        Assert.Equal(2000, Compared(isAllVisible: false));

        int Compared(bool isAllVisible)
        {
            var cosines = Enumerable.Repeat(float.NaN, 2000).ToArray();
            new VectorScores(new GraphWorker(), 100).Add(vector, Candidates.AllBut(index, 1, []), [field], isAllVisible, 10, new double[2000], cosines);
            return cosines.Count(cosine => !float.IsNaN(cosine));
        }
    }

    [Fact]
    public async Task GraphWorker_BuildsWhatIsAskedFor()
    {
        var (index, random) = (new MemoryIndex(Embedder.Dimensions), new Random(4));
        index.Apply(Enumerable.Range(0, 300).Select(i => Item($"i{i:D4}", 1, ("text", Text(random)))), 1);
        var field = index.Field("text")!;
        using var worker = new GraphWorker();
        await worker.StartAsync(CancellationToken.None);
        worker.Ask(field);
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); field.Graph.Count < 300; await Task.Delay(20)) Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1));
        await worker.StopAsync(CancellationToken.None);
    }

    private static Ranker Ranker(int exactLimit = int.MaxValue) => new(Embedder, new VectorScores(new GraphWorker(), exactLimit));

    private static string Text(Random random) => string.Join(' ', Enumerable.Range(0, 1 + random.Next(8)).Select(_ => Words[random.Next(Words.Length)]));

    private static ReadItem Item(string id, long revision, params (string Field, string Text)[] fields) =>
        new(id, revision, fields.ToDictionary(field => field.Field, field => new List<ReadChunk> { new(field.Text, Embedder.Embed(field.Text)) }));
}
