using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Import;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class ItemImporterTests(DataFixture fixture)
{
    [Fact]
    public async Task StreamedImport_TellsHowFarItIs_AndEndsWithTheResult()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("name")], Admins));
        var csv = "name\n" + string.Concat(Enumerable.Range(0, 2500).Select(i => $"{i}\n"));
        using var call = admin.Items.StreamImportItems(new ImportItemsRequest { Dataset = id, Csv = csv }, admin.Options);
        var messages = new List<StreamImportItemsResponse>();
        while (await call.ResponseStream.MoveNext(default)) messages.Add(call.ResponseStream.Current);
        Assert.Equal([0, 1000, 2000, 2500, 2500], messages.Select(m => m.DoneCount));
        Assert.All(messages, m => Assert.Equal(2500, m.TotalCount));
        Assert.All(messages[..^1], m => Assert.Null(m.Result));
        Assert.Equal(2500, messages[^1].Result.ImportedCount);

        using var refused = admin.Items.StreamImportItems(new ImportItemsRequest { Dataset = id, Csv = "none\nx\n" }, admin.Options);
        Assert.Equal(["line 1, none: unknown field"], (await Caller.FailureAsync(() => refused.ResponseStream.MoveNext(default))).Violations);
    }

    [Fact]
    public async Task StreamedImport_WhoseCallerLeaves_StoresNothing()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("name")], Admins));
        using (var call = admin.Items.StreamImportItems(new ImportItemsRequest { Dataset = id, Csv = "name\n" + string.Concat(Enumerable.Repeat("x\n", 60_000)) }, admin.Options))
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
        }

        // A redefinition waits for imports that are on their way.
        await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        Assert.Equal(0L, await fixture.AskAsync<long>($"SELECT count(*) FROM access_log WHERE dataset = '{id}' AND action = 'import'"));
    }

    [Fact]
    public async Task Csv_OfEveryType_IsStored()
    {
        var id = await DefineAsync();
        var csv = "id,name,size,rate,flag,made,day,tags\r\none,\"a, \"\"b\"\"\nc\",9007199254740993,1e-3,true,2026-11-21T10:00:00+01:00,2026-11-21,x; y\r\ntwo,\"\",,,,,,\"[\"\"p;q\"\"]\"\r\n";
        var response = await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = csv, IdField = "id" });
        Assert.Equal(new ImportItemsResponse { ImportedCount = 2 }, response);
        Assert.Equal(
            Fields(("name", "a, \"b\"\nc"), ("size", "9007199254740993"), ("rate", 0.001), ("flag", true), ("made", "2026-11-21T09:00:00Z"), ("day", "2026-11-21"), ("tags", (string[])["x", "y"])),
            (await fixture.Caller().GetAsync(id, "one")).Fields);
        Assert.Equal(Fields(("name", ""), ("tags", (string[])["p;q"])), (await fixture.Caller().GetAsync(id, "two")).Fields);
    }

    [Theory]
    [InlineData("""[{"name":"a","size":9007199254740993,"tags":["x"]},{"name":"b","size":null}]""")]
    [InlineData("{\"name\":\"a\",\"size\":9007199254740993,\"tags\":[\"x\"]}\n\n{\"name\":\"b\",\"size\":null}\r\n")]
    [InlineData("\uFEFF [ {\"name\":\"a\",\"size\":\"9007199254740993\",\"tags\":[\"x\"]},{\"name\":\"b\"}]")]
    public async Task Json_AsArrayOrLines_IsStoredInItsOrder(string json)
    {
        var id = await DefineAsync();
        Assert.Equal(2, (await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Json = json })).ImportedCount);
        var items = (await fixture.Caller().ListAsync(id)).Items;
        Assert.Equal([Fields(("name", "a"), ("size", "9007199254740993"), ("tags", (string[])["x"])), Fields(("name", "b"))], items.Select(i => i.Fields));
    }

    public static TheoryData<bool, string, string[]> Malformed => new()
    {
        { true, "", ["line 1: expected a line of field names"] },
        { true, "name,nmae\nx,y", ["line 1, nmae: unknown field"] },
        { true, "name,name\nx,y", ["line 1, name: named twice"] },
        { true, "name,size\na,1\nb\nc,2,3", ["line 3: expected 2 cells, found 1", "line 4: expected 2 cells, found 3"] },
        { true, "name,size\na,x\n,1", ["line 2, size: expected a 64-bit integer", "line 3, name: a value is required"] },
        { true, "name\n\"a", ["line 2: the quote is not closed"] },
        { true, "name,tags\na,\"[1]\"", ["line 2, tags: expected a list of strings"] },
        { true, "name,tags\na,[", ["line 2, tags: expected a list of strings"] },
        { true, "name,flag\na,TRUE", ["line 2, flag: expected a boolean (true or false)"] },
        { true, "name,rate\na,NaN", ["line 2, rate: expected a finite number"] },
        { true, "name,day\na,01/02/2026", ["line 2, day: expected a date (2026-11-21)"] },
        { true, "name\na\0b", ["line 2, name: expected Unicode text without U+0000 and lone surrogates"] },
        { false, "[{\"name\":\"a\"}", ["line 1: no valid JSON at byte 14 of the line (each name of an object must be there once)"] },
        { false, "{\"name\":\"a\"}\n{\"name\":}\n{\"name\":\"b\",\"name\":\"c\"}", ["line 2: no valid JSON at byte 9 of the line (each name of an object must be there once)", "line 3: no valid JSON at byte 1 of the line (each name of an object must be there once)"] },
        { false, "[1,\"x\",null,[]]", ["line 1: expected a JSON object", "line 2: expected a JSON object", "line 3: expected a JSON object", "line 4: expected a JSON object"] },
        { false, "[{\"name\":1},{\"name\":\"a\",\"z\":1},{\"size\":1}]", ["line 1, name: expected a string", "line 2, z: unknown field", "line 3, name: a value is required"] },
        { false, "[{\"name\":\"\\ud800\"}]", ["line 1, name: expected Unicode text without U+0000 and lone surrogates"] },
        { false, "[{\"name\":\"a\",\"size\":1.5}]", ["line 1, size: expected a 64-bit integer"] },
        { false, "[{\"name\":{\"a\":{}}}]", ["line 1, name: expected a string"] },
        { false, "[{\"name\":\"a\",\"rate\":1e999}]", ["line 1, rate: expected a finite number"] },
        { false, "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", ["line 1: no valid JSON at byte 13 of the line (each name of an object must be there once)"] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task MalformedSource_IsRefusedWithLineAndField(bool csv, string source, string[] violations)
    {
        var id = await DefineAsync();
        var request = new ImportItemsRequest { Dataset = id };
        if (csv) request.Csv = source;
        else request.Json = source;
        var failure = await Caller.FailureAsync(() => fixture.Caller().ImportAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal(violations, failure.Violations);
        Assert.Empty(await fixture.Caller().IdsAsync(id));
    }

    [Fact]
    public async Task SkipInvalid_StoresTheOthersAndReportsThose()
    {
        var id = await DefineAsync();
        await fixture.Caller().CreateAsync(id, Fields(("name", "x")), "taken");
        var request = new ImportItemsRequest { Dataset = id, Csv = "id,name,size\na,one,1\nb,,2\ntaken,three,3\na,four,4\nc,five,x\n!,six,6\nd,seven,7\n", IdField = "id", SkipInvalid = true };
        var response = await fixture.Caller().ImportAsync(request);
        Assert.Equal((2, 5), (response.ImportedCount, response.RejectedCount));
        Assert.Equal([(3, "name"), (4, "id"), (5, "id"), (6, "size"), (7, "id")], response.Rejected.Select(r => (r.Line, r.Field)));
        Assert.Equal(["a", "d", "taken"], await fixture.Caller().IdsAsync(id));
    }

    [Fact]
    public async Task TakenId_WithoutSkipInvalid_StoresNothing()
    {
        var id = await DefineAsync();
        await fixture.Caller().CreateAsync(id, Fields(("name", "x")), "taken");
        var failure = await Caller.FailureAsync(() => fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "id,name\na,one\ntaken,two\n", IdField = "id" }));
        Assert.Equal(["line 3, id: an item 'taken' exists already"], failure.Violations);
        Assert.Equal(["taken"], await fixture.Caller().IdsAsync(id));
    }

    [Fact]
    public async Task ValidateOnly_StoresNothingAndSaysWhatItWould()
    {
        var id = await DefineAsync();
        await fixture.Caller().CreateAsync(id, Fields(("name", "x")), "taken");
        var request = new ImportItemsRequest { Dataset = id, Csv = "id,name\na,one\ntaken,two\n", IdField = "id", ValidateOnly = true, SkipInvalid = true };
        var response = await fixture.Caller().ImportAsync(request);
        Assert.Equal((1, 1), (response.ImportedCount, response.RejectedCount));
        Assert.Equal(["taken"], await fixture.Caller().IdsAsync(id));
    }

    [Fact]
    public async Task Import_IsHeldToTheRowRulesOfCreation()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("name"), Field("status")], Admins, Rule("clerk", "status = draft", Action.Create), Rule("clerk", "row.owner = user.id")));
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*", "data:import:*"], "carl");
        var failure = await Caller.FailureAsync(() => clerk.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "name,status\na,draft\nb,open\nc,\n" }));
        Assert.Equal(["line 3: No row rule of the dataset lets you create such an item.", "line 4: No row rule of the dataset lets you create such an item."], failure.Violations);
        Assert.Equal(1, (await clerk.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "name,status\na,draft\nb,open\n", SkipInvalid = true })).ImportedCount);
        Assert.Single(await clerk.IdsAsync(id));
    }

    [Fact]
    public async Task ManyFaults_AreCountedAndTheFirstHundredTold()
    {
        var id = await DefineAsync();
        var csv = "name,size\n" + string.Concat(Enumerable.Repeat("a,x\n", 250));
        Assert.Equal(100, (await Caller.FailureAsync(() => fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = csv }))).Violations.Length);
        var response = await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = csv, SkipInvalid = true });
        Assert.Equal((0, 250, 100), (response.ImportedCount, response.RejectedCount, response.Rejected.Count));
    }

    [Fact]
    public async Task ManyRows_AreStoredInTheirOrder()
    {
        var id = await DefineAsync();
        var csv = "name,size\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => FormattableString.Invariant($"row,{i}\n")));
        Assert.Equal(5000, (await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = csv })).ImportedCount);
        var page = await fixture.Caller().ListAsync(id, pageSize: 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (double)i), page.Items.Select(item => item.Fields.Fields["size"].NumberValue));
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset(
            [
                Field("name", required: true), Field("size", Type.Integer), Field("rate", Type.Number), Field("flag", Type.Boolean), Field("made", Type.Timestamp), Field("day", Type.Date),
                Field("tags", Type.StringList),
            ],
            Admins));
        return id;
    }
}
