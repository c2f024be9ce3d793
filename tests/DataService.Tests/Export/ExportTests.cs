using System.Net.Http.Headers;
using System.Text;
using AiMesh.Data.V1;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Format = AiMesh.Data.V1.ExportItemsRequest.Types.Format;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Export;

/// <summary>Export as a stream, of visible rows and fields only (D3, D4).</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class ExportTests(DataFixture fixture)
{
    [Fact]
    public async Task Csv_IsInTheOrderOfTheDefinition_AndTellsEmptyFromAbsent()
    {
        var id = await FillAsync();
        var expected = """
            key,title,rating,pieces,sold,seen,tags
            one,"say ""hi"", all",1.5,9007199254740993,true,2026-11-21T10:00:00.5Z,"[""x"", ""y;z""]"
            three,=1+1,,,,,
            two,"",,-3,,,[]

            """.ReplaceLineEndings("\r\n");
        Assert.Equal(expected, await ExportAsync(fixture.Caller(), new() { Dataset = id, Format = Format.Csv, IdField = "key" }));
    }

    [Fact]
    public async Task JsonLines_AreAsItemsAreAnswered()
    {
        var id = await FillAsync();
        var lines = await ExportAsync(fixture.Caller(), new() { Dataset = id, IdField = "key" });
        Assert.Equal(
            """
            {"key":"one","seen":"2026-11-21T10:00:00.5Z","sold":true,"tags":["x", "y;z"],"title":"say \"hi\", all","pieces":"9007199254740993","rating":1.5}
            {"key":"three","title":"=1+1"}
            {"key":"two","tags":[],"title":"","pieces":-3}

            """.ReplaceLineEndings("\n"), lines);
    }

    [Theory]
    [InlineData(Format.Csv)]
    [InlineData(Format.Unspecified)]
    public async Task Export_ImportsAsItWas(Format format)
    {
        var id = await FillAsync();
        var admin = fixture.Caller();
        var request = new ExportItemsRequest { Dataset = id, Format = format, IdField = "key" };
        var file = await ExportAsync(admin, request);
        var copy = DataFixture.NewId();
        await admin.DefineAsync(copy, Definition());
        var import = new ImportItemsRequest { Dataset = copy, IdField = "key" };
        if (format == Format.Csv) import.Csv = file;
        else import.Json = file;
        Assert.Equal(3, (await admin.ImportAsync(import)).ImportedCount);
        request.Dataset = copy;
        Assert.Equal(file, await ExportAsync(admin, request));
    }

    [Fact]
    public async Task Csv_EscapesFormulas_OnlyWhereAskedTo_AndOnlyOfText()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("t"), Field("n", Type.Number)], Admins));
        string[] texts = ["=1", "+1", "-1", "@x", "\tx", "\rx", "a=1", "'x"];
        for (var i = 0; i < texts.Length; i++) await admin.CreateAsync(id, Fields(("t", texts[i]), ("n", -1)), $"i{i}");
        Assert.Equal("t,n\r\n'=1,-1\r\n'+1,-1\r\n'-1,-1\r\n'@x,-1\r\n'\tx,-1\r\n\"'\rx\",-1\r\na=1,-1\r\n'x,-1\r\n", await ExportAsync(admin, new() { Dataset = id, Format = Format.Csv, EscapeFormulas = true }));
        Assert.StartsWith("t,n\r\n=1,-1\r\n", await ExportAsync(admin, new() { Dataset = id, Format = Format.Csv }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_HasOnlyVisibleRowsAndFields_AndOnlyThoseOfTheMask()
    {
        var id = await FillAsync();
        var clerk = fixture.CallerWith(["clerk"], ["data:export:*"], "carl");
        Assert.Equal("title,pieces,sold,seen,tags\r\n\"\",-3,,,[]\r\n", await ExportAsync(clerk, new() { Dataset = id, Format = Format.Csv }));
        Assert.Equal("{\"pieces\":-3}\n", await ExportAsync(clerk, new() { Dataset = id, ReadMask = new FieldMask { Paths = { "pieces" } } }));

        // A hidden field's name is free for the column of ids, as it does not exist.
        Assert.StartsWith("rating,title", await ExportAsync(clerk, new() { Dataset = id, Format = Format.Csv, IdField = "rating" }), StringComparison.Ordinal);
        foreach (var name in (string[])["rating", "rathing"])
        {
            Assert.Equal([$"read_mask: unknown field '{name}'"], (await Caller.FailureAsync(() => ExportAsync(clerk, new() { Dataset = id, ReadMask = new FieldMask { Paths = { name } } }))).Violations);
            Assert.Contains(name, Assert.Single((await Caller.FailureAsync(() => ExportAsync(clerk, new() { Dataset = id, Filter = $"{name} > 1" }))).Violations), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Export_TakesThePermission_AndIsRecordedWithWhatWasSent()
    {
        var id = await FillAsync();
        var reader = fixture.CallerWith(["clerk"], ["data:read:*"], "rita");
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => ExportAsync(reader, new() { Dataset = id }))).Code);
        Assert.Equal(403, (await reader.SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}:export")).Status);
        await ExportAsync(fixture.Caller(subject: "exporter"), new() { Dataset = id, Filter = "title:*" });
        Assert.Equal(3, await fixture.AskAsync<long>($"SELECT item_count FROM access_log WHERE dataset = '{id}' AND action = 'export' AND subject = 'exporter'"));
    }

    [Theory]
    [InlineData("", "*/*", "application/x-ndjson", "{\"title\":\"=1+1\"}\n")]
    [InlineData("&format=jsonl", "text/csv", "application/x-ndjson", "{\"title\":\"=1+1\"}\n")]
    [InlineData("&format=csv&readMask=title", "*/*", "text/csv", "title\r\n=1+1\r\n")]
    [InlineData("&format=CSV&readMask=title&escapeFormulas=true", "*/*", "text/csv", "title\r\n'=1+1\r\n")]
    [InlineData("&read_mask=title&id_field=nr", "text/csv", "text/csv", "nr,title\r\nthree,=1+1\r\n")]
    [InlineData("%20AND%20sold=true", "text/csv;q=0.5,application/x-ndjson", "application/x-ndjson", "")]
    public async Task OverHttp_TheBodyIsTheFile(string query, string accept, string type, string expected)
    {
        var id = await FillAsync();
        using var client = new HttpClient { BaseAddress = fixture.Service.HttpAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/data/datasets/{id}:export?filter=title%3D%22%3D1*%22{query}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fixture.Authority.Token("admin", "demo", ["admin"], ["*"], null));
        request.Headers.Accept.ParseAdd(accept);
        using var response = await client.SendAsync(request);
        Assert.Equal((200, expected), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"{id}.{(type == "text/csv" ? "csv" : "jsonl")}", response.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
    }

    [Theory]
    [InlineData("format=xml", "format")]
    [InlineData("filter=none%3D1", "filter")]
    [InlineData("readMask=none", "read_mask")]
    [InlineData("idField=title", "id_field")]
    [InlineData("idField=a%22b", "id_field")]
    [InlineData("escapeFormulas=yes", "escape_formulas")]
    public async Task OverHttp_BadRequests_NameTheField(string query, string field)
    {
        var (status, body) = await fixture.Caller().SendAsync(HttpMethod.Get, $"/api/data/datasets/{await FillAsync()}:export?{query}");
        Assert.Equal(400, status);
        Assert.Contains($"\"{field}\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_BeyondTheBoundOfStreams_IsAskedToTryAgain()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("t")], Admins));
        await fixture.Caller().ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "t\n" + string.Concat(Enumerable.Repeat(new string('x', 10_000) + "\n", 400)) });
        await using var narrow = await DataServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority, "Streams:MaxConcurrent=1");
        var admin = new Caller(narrow, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");
        using (var left = admin.Items.ExportItems(new ExportItemsRequest { Dataset = id }, admin.Options))
        {
            // More than fits on the way: it waits for its reader.
            Assert.True(await left.ResponseStream.MoveNext());
            var failure = await Caller.FailureAsync(() => ExportAsync(admin, new() { Dataset = id }));
            Assert.Equal((StatusCode.Unavailable, "Too many exports and queries are being streamed at this moment; try again shortly."), (failure.Code, failure.Message));
            Assert.Equal(503, (await admin.SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}:export")).Status);
        }

        // Its place is free a moment after its reader has gone.
        await Eventually.HoldsAsync(async () => (await admin.SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}:export")).Status == 200);
    }

    [Fact]
    public async Task Export_OfManyItems_IsOneSnapshot_WhateverIsWrittenMeanwhile()
    {
        const int Count = 20_000;
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("title"), Field("n", Type.Integer)], Admins));
        var csv = new StringBuilder("title,n\n");
        for (var i = 0; i < Count; i++) csv.Append(System.Globalization.CultureInfo.InvariantCulture, $"{new string('x', 200)},{i}\n");
        Assert.Equal(Count, (await admin.ImportAsync(new() { Dataset = id, Csv = csv.ToString() })).ImportedCount);

        using var call = admin.Items.ExportItems(new ExportItemsRequest { Dataset = id, Format = Format.Csv, ReadMask = new FieldMask { Paths = { "n", "title" } } }, admin.Options);
        Assert.True(await call.ResponseStream.MoveNext(default));
        var text = new StringBuilder(call.ResponseStream.Current.Chunk.ToStringUtf8());
        var last = (await admin.ListAsync(id, "", "n desc", 1)).Items[0];
        await admin.DeleteAsync(id, last.Name.Split('/')[^1]);
        await admin.CreateAsync(id, Fields(("title", "late"), ("n", Count)));
        while (await call.ResponseStream.MoveNext(default))
        {
            Assert.InRange(call.ResponseStream.Current.Chunk.Length, 1, 70_000);
            text.Append(call.ResponseStream.Current.Chunk.ToStringUtf8());
        }

        Assert.Equal(Enumerable.Range(0, Count), text.ToString().Split("\r\n")[1..^1].Select(line => int.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private async Task<string> FillAsync()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Definition());
        await admin.CreateAsync(id, Fields(("title", "say \"hi\", all"), ("rating", 1.5), ("pieces", "9007199254740993"), ("sold", true), ("seen", "2026-11-21T10:00:00.5Z"), ("tags", (string[])["x", "y;z"])), "one");
        await admin.CreateAsync(id, Fields(("title", ""), ("pieces", -3), ("tags", Array.Empty<string>())), "two");
        await admin.CreateAsync(id, Fields(("title", "=1+1")), "three");
        return id;
    }

    private static Dataset Definition() => Dataset(
        [Field("title"), Field("rating", Type.Number, visibleTo: "boss"), Field("pieces", Type.Integer), Field("sold", Type.Boolean), Field("seen", Type.Timestamp), Field("tags", Type.StringList)],
        Admins, Rule("clerk", "pieces < 0"));

    private static async Task<string> ExportAsync(Caller caller, ExportItemsRequest request)
    {
        using var call = caller.Items.ExportItems(request, caller.Options);
        var bytes = new MemoryStream();
        while (await call.ResponseStream.MoveNext(default)) call.ResponseStream.Current.Chunk.WriteTo(bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
