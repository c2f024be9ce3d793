using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Demo;

/// <summary>One test for every row rule and field rule of the demo's datasets; take the rule away and its test fails.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class DemoRulesTests(DataFixture fixture)
{
    [Theory]
    [InlineData("viewer", "organisation_name,fund_name,geographic_markets")]
    [InlineData("member", "organisation_name,fund_name,geographic_markets,target_fund_size,investments_made,sector_focus,vintage_year,submission_status,submitted_at")]
    [InlineData("admin", "organisation_name,fund_name,geographic_markets,target_fund_size,investments_made,sector_focus,vintage_year,submission_status,submitted_at,contact_name,contact_email,notes")]
    public async Task SurveyFields_AreThoseOfTheRole(string role, string fields)
    {
        var caller = fixture.Caller(role);
        var items = (await caller.ListAsync("surveys")).Items;
        var dataset = await caller.Datasets.GetDatasetAsync(new() { Dataset = "surveys" }, caller.Options);
        Assert.Equal(fields.Split(',').Order(), items.SelectMany(item => item.Fields.Fields.Keys).Distinct().Order());
        Assert.Equal(fields.Split(','), dataset.Fields.Select(field => field.Name));
    }

    [Fact]
    public async Task MovieFields_AreThoseOfTheRole()
    {
        string[] open = ["title", "release_date", "mpaa_rating", "running_time_min", "distributor", "source", "major_genre", "creative_type", "director", "rotten_tomatoes_rating", "imdb_rating", "imdb_votes"];
        string[] takings = ["us_gross", "worldwide_gross", "us_dvd_sales", "production_budget"];
        foreach (var role in (string[])["viewer", "member", "admin"])
        {
            var items = (await fixture.Caller(role).ListAsync("movies")).Items;
            Assert.Equal((role == "viewer" ? open : open.Concat(takings)).Order(), items.SelectMany(item => item.Fields.Fields.Keys).Distinct().Order());
        }
    }

    [Theory]
    [InlineData("viewer", "completed")]
    [InlineData("member", "completed,submitted")]
    [InlineData("admin", "completed,submitted,draft,rejected")]
    public async Task SurveyRows_AreThoseWithTheRolesStatus(string role, string statuses)
    {
        var filter = string.Join(" OR ", statuses.Split(',').Select(status => $"submission_status = {status}"));
        Assert.Equal(await fixture.Caller().IdsAsync("surveys", filter), await fixture.Caller(role).IdsAsync("surveys"));
    }

    [Fact]
    public async Task Surveys_OfMembers_AreDraftsOrSubmittedAndTheirOwn()
    {
        var (alice, bob) = (fixture.Caller("member", "alice"), fixture.Caller("member", "bob"));
        var created = await alice.CreateAsync("surveys", Survey("draft"));
        var id = created.Name.Split('/')[^1];
        Assert.Equal(id, (await alice.GetAsync("surveys", id)).Name.Split('/')[^1]);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => bob.GetAsync("surveys", id))).Code);

        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => alice.CreateAsync("surveys", Survey("completed")))).Code);
        await alice.UpdateAsync("surveys", id, Fields(("submission_status", "submitted")));
        Assert.Equal(id, (await bob.GetAsync("surveys", id)).Name.Split('/')[^1]);
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => bob.UpdateAsync("surveys", id, Fields(("fund_name", "mine"))))).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => bob.DeleteAsync("surveys", id))).Code);
        await alice.DeleteAsync("surveys", id);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => alice.GetAsync("surveys", id))).Code);
    }

    [Fact]
    public async Task Surveys_OfOthers_AreTheAdminsToChange()
    {
        var (alice, admin) = (fixture.Caller("member", "alice"), fixture.Caller());
        var id = (await alice.CreateAsync("surveys", Survey("draft"))).Name.Split('/')[^1];
        await admin.UpdateAsync("surveys", id, Fields(("submission_status", "rejected")));
        await admin.DeleteAsync("surveys", id);
        var own = await admin.CreateAsync("surveys", Survey("completed"));
        await admin.DeleteAsync("surveys", own.Name.Split('/')[^1]);
    }

    [Fact]
    public async Task Movies_OfMembers_AreTheirOwnToChange()
    {
        var (alice, bob, admin) = (fixture.Caller("member", "alice"), fixture.Caller("member", "bob"), fixture.Caller());
        var id = (await alice.CreateAsync("movies", Fields(("title", "Home video")))).Name.Split('/')[^1];
        await alice.UpdateAsync("movies", id, Fields(("imdb_rating", 1)));
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => bob.UpdateAsync("movies", id, Fields(("imdb_rating", 9))))).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => alice.DeleteAsync("movies", "movie-0001"))).Code);
        await admin.UpdateAsync("movies", id, Fields(("imdb_rating", 2)));
        await alice.DeleteAsync("movies", id);
        var other = (await admin.CreateAsync("movies", Fields(("title", "Another")))).Name.Split('/')[^1];
        await admin.DeleteAsync("movies", other);
    }

    private static Google.Protobuf.WellKnownTypes.Struct Survey(string status) =>
        Fields(("organisation_name", "Testers"), ("fund_name", "Test Fund"), ("submission_status", status));
}
