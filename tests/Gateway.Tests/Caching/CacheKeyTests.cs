using AiMesh.Gateway.Caching;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http;

namespace AiMesh.Gateway.Tests.Caching;

public sealed class CacheKeyTests
{
    private static readonly Principal Alice = new() { Kind = PrincipalKind.User, Subject = "alice", Organisation = "demo", TokenId = "t", Roles = ["member", "viewer"] };

    [Theory]
    [InlineData("?filter=a&page_size=1", "?page_size=1&filter=a")]
    [InlineData("?filter=a%20b", "?filter=a+b")]
    [InlineData("?filter=%61", "?filter=a")]
    [InlineData("?", "")]
    public void Key_OfTheSameRequestSpelledDifferently_IsTheSame(string one, string other) => Assert.Equal(Of(one), Of(other));

    [Theory]
    [InlineData("?filter=a", "?filter=b")]
    [InlineData("?filter=a&filter=b", "?filter=b&filter=a")]
    [InlineData("?filter=a%26page_size=1", "?filter=a&page_size=1")]
    [InlineData("?filter=a%3Db", "?filter%3Da=b")]
    [InlineData("?read_mask=title", "?read_mask=status")]
    [InlineData("?filter=", "")]
    [InlineData("?filter=1:a", "?filter=&1:a")]
    public void Key_OfAnotherRequest_IsAnother(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Fact]
    public void Key_TellsPathOrganisationAndAcceptApart()
    {
        var keys = new[]
        {
            Of(""), Of("", path: "/api/data/datasets/movies/items/x"), Of("", path: "/api/data/datasets/surveys/items"), Of("", accept: "application/json"),
            CacheKey.Of(Request("", "/api/data/datasets/movies/items", ""), Alice with { Organisation = "other" })!.Text,
        };
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Flight_IsOfThoseWithTheSameRoles()
    {
        var key = CacheKey.Of(Request("", "/api/data/datasets/movies/items", ""), Alice)!;
        Assert.Equal(key.FlightOf(Alice), key.FlightOf(Alice with { Subject = "bob", Roles = ["viewer", "member"] }));
        Assert.NotEqual(key.FlightOf(Alice), key.FlightOf(Alice with { Roles = ["viewer"] }));
    }

    [Theory]
    [InlineData("/api/data/datasets/movies", "movies")]
    [InlineData("/api/data/datasets/movies:import", "movies")]
    [InlineData("/api/data/datasets/movies/items/a%2Fb", "movies")]
    [InlineData("/api/data/datasets", null)]
    [InlineData("/api/data/datasets/", null)]
    [InlineData("/api/ai/models", null)]
    public void DatasetName_IsReadOffThePath(string path, string? name) =>
        Assert.Equal(name is null ? null : new DatasetName("demo", name), DatasetName.In(path, "demo"));

    [Fact]
    public void Key_OfAVeryLongAddress_IsNone() => Assert.Null(CacheKey.Of(Request($"?filter={new string('a', 10_000)}", "/api/data/datasets/movies/items", ""), Alice));

    private static string Of(string query, string path = "/api/data/datasets/movies/items", string accept = "") => CacheKey.Of(Request(query, path, accept), Alice)!.Text;

    private static HttpRequest Request(string query, string path, string accept)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Path, request.QueryString, request.Headers.Accept) = ("GET", path, new QueryString(query), accept);
        return request;
    }
}
