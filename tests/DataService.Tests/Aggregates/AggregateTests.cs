using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Function = AiMesh.Data.V1.AggregateItemsRequest.Types.Function;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Aggregates;

/// <summary>Counts, sums, averages and extremes over visible rows and fields (D3, D4).</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class AggregateTests(DataFixture fixture)
{
    [Fact]
    public async Task Aggregate_WithoutGroups_AnswersOneRow()
    {
        var id = await FillAsync();
        var answer = await AggregateAsync(fixture.Caller(), id, "", [], (Function.Count, ""), (Function.Count, "price"), (Function.Sum, "price"), (Function.Average, "price"), (Function.Min, "price"), (Function.Max, "kind"), (Function.Sum, "pieces"), (Function.Max, "seen"));
        var group = Assert.Single(answer.Groups);
        Assert.Empty(group.Key.Fields);
        Assert.Equal(["5", "4", "1", "0.25", "0.1", "\"b\"", "\"9223372036854775810\"", "\"2026-11-21T10:00:00.5Z\""], group.Values.Select(Text));
        Assert.False(answer.Truncated);
    }

    [Fact]
    public async Task Aggregate_OfGroups_AnswersThemInOrderOfTheirKeys_NoValueLast()
    {
        var id = await FillAsync();
        var answer = await AggregateAsync(fixture.Caller(), id, "pieces > 0", ["kind", "sold"], (Function.Count, ""), (Function.Sum, "pieces"));
        Assert.Equal(
            ["{ \"kind\": \"a\", \"sold\": false } 1 1", "{ \"kind\": \"a\", \"sold\": true } 1 \"9223372036854775807\"", "{ \"kind\": \"b\" } 1 1", "{ } 1 1"],
            answer.Groups.Select(g => $"{g.Key} {string.Join(' ', g.Values.Select(Text))}"));
    }

    [Fact]
    public async Task Aggregate_OfNothing_IsNullAndZero()
    {
        var id = await FillAsync();
        Assert.Equal(["0", "null", "null", "null"], Assert.Single((await AggregateAsync(fixture.Caller(), id, "kind = none", [], (Function.Count, ""), (Function.Sum, "price"), (Function.Average, "price"), (Function.Max, "kind"))).Groups).Values.Select(Text));
        Assert.Empty((await AggregateAsync(fixture.Caller(), id, "kind = none", ["kind"], (Function.Count, ""))).Groups);
    }

    [Fact]
    public async Task Aggregate_OfLargeNumbers_IsExactAndNeverFails()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("n", Type.Number)], Admins));
        foreach (var n in (double[])[1e308, 1e308, -1e308, 1e-300, 3, -1e308]) await admin.CreateAsync(id, Fields(("n", n)));
        Assert.Equal(["3"], (await AggregateAsync(admin, id, "n != 1", [], (Function.Sum, "n"))).Groups[0].Values.Select(Text));

        // More than a double holds.
        var beyond = (await AggregateAsync(admin, id, "n > 4", [], (Function.Sum, "n"))).Groups[0].Values[0];
        Assert.Matches("^2[0-9]{308}(\\.0+)?$", beyond.StringValue);
    }

    [Fact]
    public async Task Aggregate_SeesOnlyVisibleRows_AndHiddenFieldsDoNotExist()
    {
        var id = await FillAsync();
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*"], "carl");
        Assert.Equal(["2", "\"a\""], (await AggregateAsync(clerk, id, "", [], (Function.Count, ""), (Function.Max, "kind"))).Groups[0].Values.Select(Text));
        foreach (var (keys, function, field) in new (string[], Function, string)[]
                 { ([], Function.Sum, "price"), ([], Function.Sum, "prize"), (["price"], Function.Count, ""), (["prize"], Function.Count, ""), ([], Function.Count, "price"), ([], Function.Count, "prize") })
        {
            var failure = await Caller.FailureAsync(() => AggregateAsync(clerk, id, "", keys, (function, field)));
            Assert.Equal(StatusCode.InvalidArgument, failure.Code);
            var name = keys.Length > 0 ? keys[0] : field;
            Assert.Equal([$"{(keys.Length > 0 ? "group_by" : "aggregations[0].field")}: unknown field '{name}'"], failure.Violations);
        }

        Assert.Equal(["filter"], (await Caller.FailureAsync(() => AggregateAsync(clerk, id, "price > 1", [], (Function.Count, "")))).Violations.Select(v => v.Split(':')[0]));
    }

    [Fact]
    public async Task Aggregate_BadRequests_NameTheField()
    {
        var id = await FillAsync();
        var admin = fixture.Caller();
        (AggregateItemsRequest, string)[] wrong =
        [
            (new() { Dataset = id }, "aggregations"),
            (Request(id, "", [], [.. Enumerable.Repeat((Function.Count, ""), 11)]), "aggregations"),
            (Request(id, "", ["kind", "sold", "price", "pieces"], (Function.Count, "")), "group_by"),
            (Request(id, "", ["kind", "kind"], (Function.Count, "")), "group_by"),
            (Request(id, "", ["tags"], (Function.Count, "")), "group_by"),
            (Request(id, "", [], (Function.Unspecified, "")), "aggregations[0].function"),
            (Request(id, "", [], (Function.Count, ""), (Function.Sum, "")), "aggregations[1].field"),
            (Request(id, "", [], (Function.Sum, "kind")), "aggregations[0].field"),
            (Request(id, "", [], (Function.Min, "tags")), "aggregations[0].field"),
            (Request(id, "", [], (Function.Max, "sold")), "aggregations[0].field"),
            (new() { Dataset = id, Limit = 10_001, Aggregations = { new AggregateItemsRequest.Types.Aggregation { Function = Function.Count } } }, "limit"),
        ];
        foreach (var (request, field) in wrong)
        {
            var failure = await Caller.FailureAsync(() => admin.Items.AggregateItemsAsync(request, admin.Options).ResponseAsync);
            Assert.Equal((StatusCode.InvalidArgument, field), (failure.Code, failure.Violations[0].Split(": ")[0]));
        }

        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => AggregateAsync(admin, "none", "", [], (Function.Count, "")))).Code);
    }

    [Fact]
    public async Task Aggregate_WithMoreGroupsThanTheLimit_SaysSo_AndIsRecordedWithTheItemsBehindIt()
    {
        var id = await FillAsync();
        var admin = fixture.Caller(subject: "counter");
        var request = Request(id, "", ["kind"], (Function.Count, ""));
        request.Limit = 2;
        var answer = await admin.Items.AggregateItemsAsync(request, admin.Options);
        Assert.True(answer.Truncated);
        Assert.Equal(2, answer.Groups.Count);
        await AggregateAsync(admin, id, "kind = a", [], (Function.Count, ""));
        Assert.Equal(2, await fixture.AskAsync<long>($"SELECT item_count FROM access_log WHERE dataset = '{id}' AND action = 'aggregate' AND subject = 'counter' ORDER BY id DESC LIMIT 1"));
    }

    [Fact]
    public async Task Aggregate_OverHttp()
    {
        var id = await FillAsync();
        var (status, body) = await fixture.Caller().SendAsync(
            HttpMethod.Post, $"/api/data/datasets/{id}/items:aggregate", """{"groupBy":["kind"],"filter":"kind:*","aggregations":[{"function":"COUNT"},{"function":"AVERAGE","field":"price"}]}""");
        Assert.True(status == 200, body);
        Assert.Equal("""[{"key":{"kind":"a"},"values":[2,0.15]},{"key":{"kind":"b"},"values":[2,0.35]}]""", JsonNode.Parse(body)!["groups"]!.ToJsonString());
    }

    private async Task<string> FillAsync()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset(
            [Field("kind"), Field("price", Type.Number, visibleTo: "boss"), Field("pieces", Type.Integer), Field("sold", Type.Boolean), Field("seen", Type.Timestamp), Field("tags", Type.StringList)],
            Admins, Rule("clerk", "kind = a")));
        await admin.CreateAsync(id, Fields(("kind", "a"), ("price", 0.1), ("pieces", 1), ("sold", false)));
        await admin.CreateAsync(id, Fields(("kind", "a"), ("price", 0.2), ("pieces", "9223372036854775807"), ("sold", true)));
        await admin.CreateAsync(id, Fields(("kind", "b"), ("price", 0.3), ("pieces", 1), ("seen", "2026-11-21T12:00:00.5+02:00")));
        await admin.CreateAsync(id, Fields(("kind", "b"), ("price", 0.4)));
        await admin.CreateAsync(id, Fields(("pieces", 1), ("tags", (string[])["x"])));
        return id;
    }

    private static Task<AggregateItemsResponse> AggregateAsync(Caller caller, string id, string filter, string[] keys, params (Function, string)[] aggregations) =>
        caller.Items.AggregateItemsAsync(Request(id, filter, keys, aggregations), caller.Options).ResponseAsync;

    private static AggregateItemsRequest Request(string id, string filter, string[] keys, params (Function Function, string Field)[] aggregations) => new()
    {
        Dataset = id,
        Filter = filter,
        GroupBy = { keys },
        Aggregations = { aggregations.Select(a => new AggregateItemsRequest.Types.Aggregation { Function = a.Function, Field = a.Field }) },
    };

    private static string Text(Value value) => value.ToString();
}
