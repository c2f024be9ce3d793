namespace AiMesh.DataService.Tests.Demo;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class DemoSeedTests(DataFixture fixture)
{
    private static readonly string[] Takings = ["us_gross", "worldwide_gross", "us_dvd_sales", "production_budget"];

    [Theory]
    [InlineData("viewer", 30, 3)]
    [InlineData("member", 45, 9)]
    [InlineData("admin", 60, 12)]
    public async Task Surveys_ShowEachRoleItsRowsAndFields(string role, int rows, int fields)
    {
        var items = (await fixture.Caller(role).ListAsync("surveys")).Items;
        Assert.Equal(rows, items.Count);
        Assert.Equal(fields, items.SelectMany(item => item.Fields.Fields.Keys).Distinct().Count());
    }

    [Fact]
    public async Task Movies_HideTheirTakingsFromViewersOnly()
    {
        var viewer = await fixture.Caller("viewer").IdsAsync("movies");
        Assert.Equal(3201, viewer.Length);
        foreach (var role in (string[])["viewer", "member", "admin"])
        {
            var page = await fixture.Caller(role).ListAsync("movies", "title = \"Avatar\"");
            var names = Assert.Single(page.Items).Fields.Fields.Keys;
            Assert.Equal(role == "viewer" ? 0 : 4, names.Intersect(Takings).Count());
        }
    }

    [Fact]
    public async Task Movies_KeepTheFaultsOfTheirSource()
    {
        var viewer = fixture.Caller("viewer");
        Assert.Equal("21", Assert.Single((await viewer.ListAsync("movies", "title = 21")).Items).Fields.Fields["title"].StringValue);
        Assert.Single(await viewer.IdsAsync("movies", "NOT title:*"));
        Assert.Equal(22, (await viewer.IdsAsync("movies", "release_date > 2013-01-01")).Length);
    }
}
