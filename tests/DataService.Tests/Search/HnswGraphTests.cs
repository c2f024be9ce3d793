using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;

namespace AiMesh.DataService.Tests.Search;

public sealed class HnswGraphTests
{
    private const int Dimensions = 100;
    private const int Count = 2500;
    private static readonly Lazy<(FieldIndex Field, List<float[]> Vectors)> Shared = new(static () => Build(Count));

    [Fact]
    public void Search_FindsNearlyAllOfTheNearest_AlsoOfOneInTen()
    {
        var (field, vectors) = Shared.Value;
        var (found, foundFiltered, queries) = (0, 0, 30);
        var random = new Random(2);
        for (var query = 0; query < queries; query++)
        {
            var vector = Clustered(random);
            found += field.Graph.Search(vector, 200, static _ => true, int.MaxValue).Take(10).Count(near => Nearest(vectors, vector, 1).Contains(near.Node));
            foundFiltered += field.Graph.Search(vector, 200, static chunk => chunk % 10 == 0, int.MaxValue).Take(10).Count(near => Nearest(vectors, vector, 10).Contains(near.Node));
        }

        Assert.InRange(found / (10.0 * queries), 0.97, 1);
        Assert.InRange(foundFiltered / (10.0 * queries), 0.97, 1);
    }

    [Fact]
    public void Search_AnswersTheAcceptedOnly_NearestFirst_AsManyAsThereAre()
    {
        var (field, _) = Shared.Value;
        var found = field.Graph.Search(Clustered(new Random(5)), 100, static chunk => chunk % 250 == 7, int.MaxValue);
        Assert.Equal(10, found.Count);
        Assert.All(found, near => Assert.Equal(7, near.Node % 250));
        Assert.Equal(found.OrderByDescending(near => near.Similarity), found);
    }

    [Fact]
    public void Build_OfTheSameTwice_GivesTheSameGraph()
    {
        var (one, _) = Build(600);
        var (other, _) = Build(600);
        var random = new Random(9);
        for (var i = 0; i < 20; i++)
        {
            var vector = Clustered(random);
            Assert.Equal(one.Graph.Search(vector, 10, static _ => true, int.MaxValue), other.Graph.Search(vector, 10, static _ => true, int.MaxValue));
        }
    }

    [Fact]
    public async Task Search_WhileOthersAdd_FindsWhatWasThereBefore()
    {
        var (field, _) = Build(1500, graph: 500);
        var adding = Task.Run(() =>
        {
            while (field.Graph.Count < field.ChunkCount) field.Graph.AddNext();
        });
        var random = new Random(3);
        do
        {
            var chunk = random.Next(500);
            Assert.Equal(chunk, field.Graph.Search(field.Vector(chunk), 50, static _ => true, int.MaxValue)[0].Node);
        }
        while (!adding.IsCompleted);
        await adding;
        Assert.Equal(1500, field.Graph.Count);
    }

    private static (FieldIndex Field, List<float[]> Vectors) Build(int count, int? graph = null)
    {
        var (field, vectors, random) = (new FieldIndex("text", Dimensions), new List<float[]>(), new Random(1));
        for (var i = 0; i < count; i++)
        {
            vectors.Add(Clustered(random));
            field.Set(i, 1, 0, [new ReadChunk($"w{i}", vectors[i])]);
        }

        while (field.Graph.Count < (graph ?? count)) field.Graph.AddNext();
        return (field, vectors);
    }

    private static HashSet<int> Nearest(List<float[]> vectors, float[] query, int step) =>
        [.. Enumerable.Range(0, vectors.Count).Where(i => i % step == 0).OrderByDescending(i => TensorPrimitives.Dot<float>(vectors[i], query)).Take(10)];

    // Texts lie in groups, not everywhere alike.
    private static float[] Clustered(Random random)
    {
        var centre = new Random(random.Next(40));
        var vector = new float[Dimensions];
        for (var i = 0; i < Dimensions; i++) vector[i] = centre.NextSingle() - 0.5f + 0.7f * (random.NextSingle() - 0.5f);
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }
}
