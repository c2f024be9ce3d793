using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Search;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class SearchItemsTests(DataFixture fixture)
{
    private static readonly (string Id, string Title, string Text)[] Articles =
    [
        ("moon", "Apollo", "Astronauts landed on the moon in a spacecraft and returned to Earth."),
        ("cake", "Baking", "Mix flour, butter and sugar, then bake the apple cake for an hour."),
        ("pump", "Maintenance", "The bearing of pump P-4711 runs hot; vibration rises before a failure."),
        ("bank", "Interest", "The central bank raised interest rates to fight inflation."),
        ("dog", "Pets", "Puppies and kittens need a vaccination in their first weeks."),
    ];

    [Theory]
    [InlineData("a rocket flight into outer space", "moon")]
    [InlineData("dessert recipe", "cake")]
    [InlineData("overheating machine", "pump")]
    [InlineData("monetary policy", "bank")]
    [InlineData("veterinarian", "dog")]
    public async Task Search_ByMeaning_FindsWhatSharesNoWord(string query, string expected)
    {
        var id = await FillAsync();
        var found = await fixture.Caller().SearchAsync(id, query, weight: 1);
        Assert.Equal(expected, found.Ids()[0]);
        Assert.Equal(5, found.Matches.Count);
        Assert.All(found.Matches, match => Assert.Equal(match.VectorScore, match.Score));
    }

    [Fact]
    public async Task Search_ByWords_FindsOnlyWhatHoldsThem()
    {
        var id = await FillAsync();
        var found = await fixture.Caller().SearchAsync(id, "pumps 4711", weight: 0);
        Assert.Equal(["pump"], found.Ids());
        Assert.InRange(found.Matches[0].KeywordScore, 0.3, 1);
        Assert.Equal(["The bearing of <mark>pump</mark> P-<mark>4711</mark> runs hot; vibration rises before a failure."], found.Matches[0].Highlights);
        Assert.Empty((await fixture.Caller().SearchAsync(id, "xylophone", weight: 0)).Matches);
    }

    [Fact]
    public async Task Search_OfBoth_AddsUpWithTheWeights()
    {
        var id = await FillAsync();
        var found = await fixture.Caller().SearchAsync(id, "bank robbery", weight: 0.3);
        Assert.Equal("bank", found.Ids()[0]);
        Assert.All(found.Matches, match => Assert.Equal(0.3 * match.VectorScore + 0.7 * match.KeywordScore, match.Score, 9));
        Assert.Equal(found.Matches.OrderByDescending(match => match.Score).Select(match => match.Item.Name), found.Matches.Select(match => match.Item.Name));
        var half = await fixture.Caller().SearchAsync(id, "bank robbery");
        Assert.All(half.Matches, match => Assert.Equal(0.5 * match.VectorScore + 0.5 * match.KeywordScore, match.Score, 9));
    }

    [Fact]
    public async Task Search_TakesTheFilterTheFieldsTheMaskAndTheMinimum()
    {
        var id = await FillAsync();
        var admin = fixture.Caller();
        Assert.Equal(["cake", "dog"], (await admin.SearchAsync(id, "something sweet", weight: 1, filter: "title = Baking OR title = Pets")).Ids());
        Assert.Equal(["cake"], (await admin.SearchAsync(id, "baking", weight: 0, fields: "title")).Ids());
        Assert.Empty((await admin.SearchAsync(id, "baking", weight: 0, fields: "text")).Matches);
        Assert.Equal(2, (await admin.SearchAsync(id, "space", weight: 1, topK: 2)).Matches.Count);
        var request = Request(id, "astronauts", weight: 1);
        request.MinimumScore = 0.5;
        request.ReadMask = new FieldMask { Paths = { "title" } };
        var found = Assert.Single((await admin.SearchAsync(request)).Matches);
        Assert.Equal(["title"], found.Item.Fields.Fields.Keys);
        Assert.Equal(["<mark>Astronauts</mark> landed on the moon in a spacecraft and returned to Earth."], found.Highlights);
    }

    [Fact]
    public async Task Search_FindsEveryWriteBeforeIt_AndNothingThatIsGone()
    {
        var id = await FillAsync();
        var admin = fixture.Caller();
        await admin.CreateAsync(id, Fields(("title", "Zebras"), ("text", "Stripes everywhere.")), "zebra");
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "zebra", weight: 0)).Ids());
        await admin.UpdateAsync(id, "zebra", Fields(("title", "Giraffes")));
        Assert.Empty((await admin.SearchAsync(id, "zebra", weight: 0)).Matches);
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "giraffe", weight: 0)).Ids());
        await admin.UpdateAsync(id, "zebra", Fields(("title", null)));
        Assert.Empty((await admin.SearchAsync(id, "giraffe", weight: 0)).Matches);
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "stripe", weight: 0)).Ids());
        await admin.DeleteAsync(id, "zebra");
        Assert.Empty((await admin.SearchAsync(id, "stripe", weight: 0)).Matches);
        Assert.Equal(5, (await admin.SearchAsync(id, "stripe", weight: 1)).Matches.Count);
        await admin.CreateAsync(id, Fields(("title", "Zebras again")), "zebra");
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "zebra", weight: 0, filter: "title:*")).Ids());
    }

    [Fact]
    public async Task Search_LooksIntoListsAndLongTexts()
    {
        var (id, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(id, Dataset([Searchable("tags", type: Type.StringList), Searchable("body")], Admins));
        await admin.CreateAsync(id, Fields(("tags", new[] { "red <fruit>", "blue" }), ("body", "")), "list");
        var filler = string.Join(' ', Enumerable.Repeat("The committee discussed the budget of the city council.", 400));
        await admin.CreateAsync(id, Fields(("body", $"{filler} A volcano erupted near the harbour. {filler}")), "long");
        await admin.CreateAsync(id, Fields(("body", filler)), "dull");
        await admin.CreateAsync(id, Fields(), "empty");
        Assert.Equal(["red &lt;<mark>fruit</mark>&gt;"], Assert.Single((await admin.SearchAsync(id, "fruits", weight: 0)).Matches).Highlights);
        var found = await admin.SearchAsync(id, "lava and ash from an eruption", weight: 1);
        Assert.Equal(["long", "dull"], found.Ids().Where(name => name is "long" or "dull"));
        Assert.DoesNotContain("empty", found.Ids());
        var highlight = Assert.Single((await admin.SearchAsync(id, "volcanos", weight: 0)).Matches).Highlights;
        Assert.Matches("^….* A <mark>volcano</mark> erupted near the harbour.*…$", Assert.Single(highlight));
        Assert.InRange(highlight[0].Length, 100, 260);
    }

    [Fact]
    public async Task Search_OverHttp_AnswersJson()
    {
        var id = await FillAsync();
        var (status, body) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}/items:search", """{"query":"apple cake","topK":1}""");
        Assert.Equal(200, status);
        var match = JsonNode.Parse(body)!["matches"]![0]!;
        Assert.Equal("Baking", (string?)match["item"]!["fields"]!["title"]);
        Assert.True((double)match["score"]! > 0.4);
    }

    [Fact]
    public async Task Search_IsRecorded()
    {
        var id = await FillAsync();
        await fixture.Caller(subject: "curious").SearchAsync(id, "cake", weight: 0);
        Assert.Equal(1L, await fixture.AskAsync<long>($"SELECT item_count FROM access_log WHERE dataset = '{id}' AND subject = 'curious' AND action = 'search'"));
    }

    public static TheoryData<string, string> BadRequests => new()
    {
        { "query", "" },
        { "query", new string('x', 2001) },
        { "top_k", "201" },
        { "top_k", "-1" },
        { "vector_weight", "1.1" },
        { "vector_weight", "NaN" },
        { "minimum_score", "-0.1" },
        { "filter", "title >" },
        { "fields", "nothing" },
        { "fields", "size" },
        { "read_mask", "nothing" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Search_WithABadArgument_NamesIt(string parameter, string value)
    {
        var id = await FillAsync();
        var request = Request(id, "cake");
        switch (parameter)
        {
            case "query": request.Query = value; break;
            case "top_k": request.TopK = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture); break;
            case "vector_weight": request.VectorWeight = double.Parse(value, System.Globalization.CultureInfo.InvariantCulture); break;
            case "minimum_score": request.MinimumScore = double.Parse(value, System.Globalization.CultureInfo.InvariantCulture); break;
            case "filter": request.Filter = value; break;
            case "fields": request.Fields.Add(value); break;
            default: request.ReadMask = new FieldMask { Paths = { value } }; break;
        }

        var failure = await Caller.FailureAsync(() => fixture.Caller().SearchAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.StartsWith(parameter + ": ", Assert.Single(failure.Violations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Define_WithASearchableFieldThatCannotBe_IsRefused()
    {
        var (number, secret, hashed) = (Searchable("size", type: Type.Integer), Searchable("key"), Searchable("mail"));
        secret.Classification = Data.V1.Field.Types.Classification.Secret;
        hashed.StoredAs = Data.V1.Field.Types.Mask.Hash;
        var failure = await Caller.FailureAsync(() => fixture.Caller().DefineAsync(DataFixture.NewId(), Dataset([number, secret, hashed], Admins)));
        Assert.Equal(
            ["dataset.fields[0].searchable: only fields of type STRING or STRING_LIST can be searched", "dataset.fields[1].searchable: a secret cannot be searched", "dataset.fields[2].searchable: what is anonymised before it is stored cannot be searched"], failure.Violations);
        var elsewhere = Dataset([Searchable("text")], Admins);
        elsewhere.Store = "anywhere";
        Assert.Contains(
            "dataset.fields[0].searchable: only datasets in PostgreSQL, where dataset.store is empty, can be searched",
            (await Caller.FailureAsync(() => fixture.Caller().DefineAsync(DataFixture.NewId(), elsewhere))).Violations);
    }

    private async Task<string> FillAsync()
    {
        var (id, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(id, Dataset([Searchable("title"), Searchable("text"), Field("size", Type.Integer)], Admins, Rule("*", "", Action.Read)));
        foreach (var (name, title, text) in Articles) await admin.CreateAsync(id, Fields(("title", title), ("text", text)), name);
        return id;
    }
}
