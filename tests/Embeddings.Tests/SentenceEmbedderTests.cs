using System.Numerics.Tensors;
using System.Security.Cryptography;

namespace AiMesh.Embeddings.Tests;

public sealed class SentenceEmbedderTests
{
    private static readonly SentenceEmbedder Embedder = new(WordTable.Load());

    [Theory]
    [InlineData("a film about outer space", "astronauts travel to the moon in a rocket", "a recipe for apple cake")]
    [InlineData("the pump is overheating", "high temperature of the engine", "the choir sang on Sunday")]
    [InlineData("I want my money back", "refund of a payment", "weather forecast for tomorrow")]
    [InlineData("heart attack", "cardiac arrest of the patient", "software release notes")]
    [InlineData("a dog chased the cat", "puppies and kittens", "quarterly interest rates")]
    [InlineData("Kowalczykowa", "Mrs Kowalczykowa called", "Mrs Zhangsunwu called")]
    [InlineData("Xqzvortrix", "Xqzvortrx", "Blimpfangle")]
    public void Embed_PutsTextsNearEachOtherThatSpeakOfTheSame(string text, string near, string far) =>
        Assert.True(Cosine(text, near) > Cosine(text, far) + 0.1, $"{Cosine(text, near)} {Cosine(text, far)}");

    [Theory]
    [InlineData("")]
    [InlineData(" ,;- ")]
    public void Embed_OfNoWord_IsZero(string text) => Assert.All(Embedder.Embed(text), number => Assert.Equal(0, number));

    [Fact]
    public void Embed_GivesUnitLengthAndTheSameNumbersAlways()
    {
        foreach (var text in (string[])["the", "The Matrix", "zxqv 東京 Łódź", string.Join(' ', Enumerable.Repeat("long text of many words", 4000))])
        {
            var vector = Embedder.Embed(text);
            Assert.Equal(100, vector.Length);
            Assert.Equal(1, TensorPrimitives.Norm<float>(vector), 5);
            Assert.Equal(vector, new SentenceEmbedder(WordTable.Load()).Embed(text));
        }
    }

    [Fact]
    public void Embed_LetsFrequentWordsCountLess() => Assert.True(Cosine("the rocket of the", "rocket") > 0.95);

    [Fact]
    public void Load_OfTheShippedTable_FindsItsWordsByUse()
    {
        var table = WordTable.Load();
        Assert.Equal(50_000, table.Count);
        Assert.Equal(0, table.Find("the"));
        Assert.InRange(table.Find("astronaut"), 1000, 50_000);
        Assert.Equal(-1, table.Find("xqzvortrix"));
        var note = File.ReadAllText(Path.Combine(RepositoryRoot(), "Embeddings", "Words", "README.md"));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Words", "english.bin")))), note, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfADamagedTable_SaysSo()
    {
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Words", "english.bin"));
        var huge = file.ToArray();
        huge[11] = 0x40;
        foreach (var damaged in (byte[][])[[], file[..100], file[..^5], [.. file, 0], [1, .. file[1..]], huge]) Assert.Throws<InvalidDataException>(() => WordTable.Load(damaged));
    }

    private static float Cosine(string a, string b) => TensorPrimitives.Dot<float>(Embedder.Embed(a), Embedder.Embed(b));

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiMesh.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
