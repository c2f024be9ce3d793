using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Search;

/// <summary>What a role may not see has no influence on what its searches answer (D4): not on hits, order, scores, statistics, highlights or errors.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class SearchSideChannelTests(DataFixture fixture)
{
    private static readonly string[] Queries = ["merger with Contoso", "salary raise", "quarterly report", "report", "a", "東京", "contoso contoso"];

    [Fact]
    public async Task DatasetsThatDifferOnlyInWhatIsHidden_AnswerAlike()
    {
        var (one, other) = (await FillAsync("merger with Contoso", "nothing"), await FillAsync("quarterly report of the whole company, as long as can be", "merger salary report contoso"));
        var clerk = Clerk();
        foreach (var query in Queries)
        {
            foreach (double? weight in (double?[])[0, 0.5, 1])
            {
                foreach (var filter in (string[])["", "title:report OR title:note", "title = \"no such title\""])
                {
                    var (left, right) = (await clerk.SearchAsync(one, query, weight, 200, filter), await clerk.SearchAsync(other, query, weight, 200, filter));
                    Assert.Equal(Transcript(left, one), Transcript(right, other));
                }
            }
        }

        Assert.NotEmpty((await clerk.SearchAsync(one, "report", 0)).Matches);
    }

    [Fact]
    public async Task HiddenTextAndHiddenRows_AreFoundByThoseWhoSeeThemOnly()
    {
        var id = await FillAsync("merger with Contoso", "merger");
        Assert.Equal(["hidden0", "hidden1", "hidden2", "n1", "n10"], (await fixture.Caller().SearchAsync(id, "merger", 0, 200)).Ids().Order(StringComparer.Ordinal).Take(5));
        Assert.Empty((await Clerk().SearchAsync(id, "merger", 0)).Matches);
        var all = await Clerk().SearchAsync(id, "merger", 1, 200);
        Assert.Equal(20, all.Matches.Count);
        Assert.All(all.Matches, match => Assert.DoesNotContain("memo", match.Item.Fields.Fields.Keys));
        Assert.DoesNotContain(all.Ids(), name => name.StartsWith("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HiddenField_IsRefusedLikeAnUnknownOne()
    {
        var id = await FillAsync("a", "b");
        var hidden = await Caller.FailureAsync(() => Clerk().SearchAsync(id, "x", fields: "memo"));
        var unknown = await Caller.FailureAsync(() => Clerk().SearchAsync(id, "x", fields: "mema"));
        Assert.Equal(StatusCode.InvalidArgument, hidden.Code);
        Assert.Equal(unknown.Violations, hidden.Violations.Select(violation => violation.Replace("memo", "mema", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task DatasetWhoseSearchableFieldsAreHidden_IsLikeOneWithout()
    {
        var (hidden, none, admin) = (DataFixture.NewId(), DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(hidden, Dataset([Field("title"), Searchable("memo", visibleTo: "boss")], Admins, Rule("clerk")));
        await admin.DefineAsync(none, Dataset([Field("title")], Admins, Rule("clerk")));
        var first = await Caller.FailureAsync(() => Clerk().SearchAsync(hidden, "x"));
        Assert.Equal(StatusCode.FailedPrecondition, first.Code);
        Assert.Equivalent(await Caller.FailureAsync(() => Clerk().SearchAsync(none, "x")), first);
    }

    [Fact]
    public async Task RowThatIsHiddenSince_IsGoneAtOnce_AndWhatItHeldBeforeSpeaksForNothing()
    {
        var (id, admin, clerk) = (DataFixture.NewId(), fixture.Caller(), Clerk());
        await admin.DefineAsync(id, Dataset([Searchable("title"), Field("status")], Admins, Rule("clerk", "status = open")));
        await admin.CreateAsync(id, Fields(("title", "visible zebra"), ("status", "open")), "a");
        await admin.CreateAsync(id, Fields(("title", "secret walrus"), ("status", "closed")), "b");
        Assert.Equal(["a"], (await clerk.SearchAsync(id, "zebra")).Ids());
        await admin.UpdateAsync(id, "a", Fields(("status", "closed")));
        Assert.Empty((await clerk.SearchAsync(id, "zebra")).Matches);
        await admin.UpdateAsync(id, "b", Fields(("status", "open"), ("title", "harmless")));
        Assert.Empty((await clerk.SearchAsync(id, "walrus", 0)).Matches);
        Assert.Equal(["b"], (await clerk.SearchAsync(id, "harmless", 0)).Ids());
    }

    [Fact]
    public async Task AnotherOrganisation_FindsNothing()
    {
        var id = await FillAsync("a", "b");
        var failure = await Caller.FailureAsync(() => fixture.Caller(organisation: "other").SearchAsync(id, "report"));
        Assert.Equal(StatusCode.NotFound, failure.Code);
    }

    [Fact]
    public async Task RequestRole_CannotReadChunks()
    {
        var denied = await fixture.AskAsync<bool>(
            "SELECT bool_or(has_table_privilege(r.rolname, t, 'SELECT')) FROM pg_roles r, unnest(ARRAY['search_chunks', 'search_entries']) AS t WHERE r.rolname = current_database() || '_api'");
        Assert.False(denied);
        Assert.True(await fixture.AskAsync<bool>("SELECT bool_and(relrowsecurity) FROM pg_class WHERE relname IN ('search_chunks', 'search_entries', 'search_queue', 'search_indexes')"));
    }

    private Caller Clerk() => fixture.CallerWith(["clerk"], ["data:read:*", "data:list"], "carl");

    // Twenty rows that the clerk sees, some without text, with a memo that they do not see; and rows that they do not see at all.
    private async Task<string> FillAsync(string memo, string hiddenTitle)
    {
        var (id, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(id, Dataset([Searchable("title"), Searchable("memo", visibleTo: "boss"), Field("kind")], Admins, Rule("clerk", "kind = open")));
        for (var i = 0; i < 20; i++)
        {
            var title = (i % 4) switch { 0 => $"note {i} on the quarterly report", 1 => $"report {i}", 2 => $"Tokyo {i} 東京", _ => $"a holiday request {i}" };
            await admin.CreateAsync(id, Fields(("title", title), ("memo", i % 3 == 0 ? null : $"{memo} {i}"), ("kind", "open")), FormattableString.Invariant($"n{i}"));
        }

        for (var i = 0; i < 3; i++) await admin.CreateAsync(id, Fields(("title", hiddenTitle), ("kind", "closed")), FormattableString.Invariant($"hidden{i}"));
        return id;
    }

    // Times of creation are no matter of what is hidden.
    private static string Transcript(SearchItemsResponse response, string dataset)
    {
        var copy = response.Clone();
        foreach (var match in copy.Matches) (match.Item.CreateTime, match.Item.Etag) = (null, "");
        return copy.ToString().Replace(dataset, "dataset", StringComparison.Ordinal);
    }
}
