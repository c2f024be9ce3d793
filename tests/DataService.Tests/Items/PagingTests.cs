using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using static AiMesh.DataService.Tests.Shapes;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class PagingTests(DataFixture fixture)
{
    private static readonly string?[] Names = ["a", "A", "é", "\uFFFD", "😀", "", null];
    private static readonly double?[] Sizes = [1, 2, -1, null];

    [Theory]
    [InlineData("", 7)]
    [InlineData("name", 4)]
    [InlineData("name desc", 4)]
    [InlineData("size, name desc", 5)]
    [InlineData("size desc, name", 3)]
    [InlineData("rate desc,flag asc", 6)]
    [InlineData("day, made desc, name", 1)]
    public async Task Pages_OverTiesAndAbsentValues_AreTheWholeListInOrder(string orderBy, int pageSize)
    {
        var id = await FillAsync();
        var admin = fixture.Caller();
        var whole = (await admin.ListAsync(id, orderBy: orderBy)).Items;
        Assert.Equal(40, whole.Count);
        Assert.Equal(whole.OrderBy(item => item, Comparer<Data.V1.Item>.Create((l, r) => Compare(l, r, orderBy))).Select(i => i.Name), whole.Select(i => i.Name));

        var pages = new List<string>();
        var token = "";
        do
        {
            var page = await admin.ListAsync(id, orderBy: orderBy, pageSize: pageSize, pageToken: token);
            Assert.InRange(page.Items.Count, 1, pageSize);
            pages.AddRange(page.Items.Select(item => item.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(whole.Select(item => item.Name), pages);
    }

    [Theory]
    [InlineData("name desc up", "expected fields divided by commas, each alone or with asc or desc")]
    [InlineData("name DESC", "expected fields divided by commas, each alone or with asc or desc")]
    [InlineData("name,", "expected fields divided by commas, each alone or with asc or desc")]
    [InlineData("name, name", "field 'name' is named twice")]
    [InlineData("tags", "field 'tags' is a list of strings and has no order")]
    [InlineData("name,size,rate,flag,day,made", "expected at most 5 fields")]
    [InlineData("id; DROP TABLE datasets", "expected fields divided by commas, each alone or with asc or desc")]
    [InlineData("1", "unknown field '1'")]
    public async Task WrongOrder_IsRefused(string orderBy, string description)
    {
        var id = await FillAsync();
        Assert.Equal([$"order_by: {description}"], (await Caller.FailureAsync(() => fixture.Caller().ListAsync(id, orderBy: orderBy))).Violations);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task WrongPageSize_IsRefused(int pageSize) =>
        Assert.Equal(["page_size: expected 1 to 1000, or 0 for 50"], (await Caller.FailureAsync(() => fixture.Caller().ListAsync("movies", pageSize: pageSize))).Violations);

    [Fact]
    public async Task PageOfLargeItems_EndsEarlyAndGoesOn()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset(Enumerable.Range(0, 10).Select(i => Field($"text{i}")), Admins));
        var large = Fields([.. Enumerable.Range(0, 10).Select(i => ($"text{i}", (object?)new string('x', 90_000)))]);
        for (var i = 0; i < 6; i++) await admin.CreateAsync(id, large);
        var first = await admin.ListAsync(id);
        Assert.InRange(first.Items.Count, 1, 5);
        var second = await admin.ListAsync(id, pageToken: first.NextPageToken);
        Assert.Equal(6, first.Items.Concat(second.Items).Select(item => item.Name).Distinct().Count());
        Assert.Empty(second.NextPageToken);
    }

    [Fact]
    public async Task Query_StreamsAllThatMatchesAndSaysWhereItStopped()
    {
        var viewer = fixture.Caller("viewer");
        foreach (var (limit, expected, truncated) in new[] { (0, 3201, false), (1200, 1200, true), (3201, 3201, false) })
        {
            using var call = viewer.Items.QueryItems(new Data.V1.QueryItemsRequest { Dataset = "movies", Limit = limit, OrderBy = "title" }, viewer.Options);
            var messages = new List<Data.V1.QueryItemsResponse>();
            while (await call.ResponseStream.MoveNext(default)) messages.Add(call.ResponseStream.Current);
            Assert.Equal(expected, messages.Sum(m => m.Items.Count));
            Assert.Equal(expected, messages.SelectMany(m => m.Items).Select(i => i.Name).Distinct().Count());
            Assert.All(messages, m => Assert.InRange(m.Items.Count, 1, 500));
            Assert.Equal(12, messages[0].Dataset.Fields.Count);
            Assert.All(messages.Skip(1), m => Assert.Null(m.Dataset));
            Assert.Equal(truncated, messages[^1].Truncated);
        }

        var refused = await Caller.FailureAsync(() => viewer.Items.QueryItems(new() { Dataset = "movies", Limit = 100_001 }, viewer.Options).ResponseStream.MoveNext(default));
        Assert.Equal(["limit: expected 1 to 100000, or 0 for 10000"], refused.Violations);
    }

    private async Task<string> FillAsync()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset(
            [Field("name"), Field("size", Type.Integer), Field("rate", Type.Number), Field("flag", Type.Boolean), Field("day", Type.Date), Field("made", Type.Timestamp), Field("tags", Type.StringList)],
            Admins));
        var random = new Random(5);
        var lines = Enumerable.Range(0, 40).Select(_ => System.Text.Json.JsonSerializer.Serialize(new
        {
            name = Pick(Names),
            size = Pick(Sizes),
            rate = Pick<double?>(0.1, 1e22, -0.5, null),
            flag = Pick<bool?>(true, false, null),
            day = Pick("2026-01-01", "2025-12-31", null),
            made = Pick("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", null),
        }));
        await admin.ImportAsync(new() { Dataset = id, Json = string.Join('\n', lines) });
        return id;

        T Pick<T>(params T[] values) => values[random.Next(values.Length)];
    }

    private static int Compare(Data.V1.Item left, Data.V1.Item right, string orderBy)
    {
        foreach (var term in orderBy.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, descending) = (term.Split(' ')[0], term.EndsWith(" desc", StringComparison.Ordinal));
            var (l, r) = (left.Fields.Fields.GetValueOrDefault(name), right.Fields.Fields.GetValueOrDefault(name));
            var order = (l, r) switch { (null, null) => 0, (null, _) => 1, (_, null) => -1, _ => Compare(l, r) * (descending ? -1 : 1) };
            if (order != 0) return order;
        }

        return string.CompareOrdinal(left.Name, right.Name);
    }

    // Times of equal width only in their canonical form: "…00Z" is before "…00.5Z".
    private static int Compare(Value left, Value right) => left.KindCase switch
    {
        Value.KindOneofCase.NumberValue => left.NumberValue.CompareTo(right.NumberValue),
        Value.KindOneofCase.BoolValue => left.BoolValue.CompareTo(right.BoolValue),
        _ when left.StringValue.EndsWith('Z') && right.StringValue.EndsWith('Z') => DateTimeOffset.Parse(left.StringValue, null).CompareTo(DateTimeOffset.Parse(right.StringValue, null)),
        _ => CodePointOrder.Compare(left.StringValue, right.StringValue),
    };
}
