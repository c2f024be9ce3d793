namespace AiMesh.StandIns.Tests.Clients.Discovery;

public sealed class ConfigurationProviderTests
{
    [Theory]
    [InlineData("http://auth", new[] { "http://localhost:1001/" })]
    [InlineData("https://auth", new[] { "https://localhost:2001/", "https://localhost:2002/" })]
    [InlineData("https+http://auth", new[] { "https://localhost:2001/", "https://localhost:2002/" })]
    [InlineData("http+https://auth", new[] { "http://localhost:1001/" })]
    [InlineData("http://_grpc.auth", new[] { "http://localhost:3001/" })]
    [InlineData("https+http://_grpc.auth", new[] { "http://localhost:3001/" })]
    [InlineData("_grpc.auth", new[] { "http://localhost:3001/" })]
    public async Task GetEndpoints_ForSchemesAndNames_FollowsThePreference(string name, string[] expected)
    {
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:http:0"] = "http://localhost:1001",
            ["Services:auth:https:0"] = "https://localhost:2001",
            ["Services:auth:https:1"] = "https://localhost:2002",
            ["Services:auth:grpc"] = "http://localhost:3001",
        });

        Assert.Equal(expected, await discovery.ResolveAsync(name));
    }

    [Fact]
    public async Task GetEndpoints_WithDefaultSection_PutsItBeforeTheSchemes()
    {
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:default:0"] = "https://localhost:1",
            ["Services:auth:default:1"] = "http://localhost:2",
            ["Services:auth:https:0"] = "https://localhost:3",
        });

        // Only the preferred scheme that occurs: requests for https must not end up on plain http.
        Assert.Equal(["https://localhost:1/"], await discovery.ResolveAsync("https+http://auth"));
        Assert.Equal(["http://localhost:2/"], await discovery.ResolveAsync("http://auth"));
        Assert.Equal(["https://localhost:1/", "http://localhost:2/"], await discovery.ResolveAsync("auth"));
    }

    [Fact]
    public async Task GetEndpoints_WithoutScheme_FitsEveryScheme()
    {
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:http:0"] = "localhost:1",
            ["Services:auth:http:1"] = "10.0.0.1:2",
            ["Services:auth:http:2"] = "[::1]:3",
        });

        Assert.Equal(["localhost:1", "10.0.0.1:2", "[::1]:3"], await discovery.ResolveAsync("http://auth"));
    }

    [Fact]
    public async Task GetEndpoints_OfUnknownService_PassesTheNameThrough()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1" });

        Assert.Equal(["data:8080"], await discovery.ResolveAsync("http://data:8080"));
        Assert.Equal(["data:80"], await discovery.ResolveAsync("http://_grpc.data"));
        Assert.Equal(["auth:443"], await discovery.ResolveAsync("https://_nothere.auth"));
    }

    [Fact]
    public async Task GetEndpoints_WithKeyThatIsNoNumber_Throws()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:first"] = "http://localhost:1" });

        var error = await Assert.ThrowsAsync<KeyNotFoundException>(() => discovery.ResolveAsync("http://auth"));

        Assert.Contains("non-numeric keys", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetEndpoints_WithValueThatIsNoAddress_NamesTheKey()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://local host" });

        var error = await Assert.ThrowsAsync<KeyNotFoundException>(() => discovery.ResolveAsync("http://auth"));

        Assert.Contains("Services:auth:http:0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetEndpoints_WithAllowedSchemes_LeavesOthersOut()
    {
        await using var discovery = new DiscoveryFixture(
            new()
            {
                ["Services:auth:http:0"] = "http://localhost:1",
                ["Services:auth:https:0"] = "https://localhost:2",
            },
            options =>
            {
                options.AllowAllSchemes = false;
                options.AllowedSchemes = ["https"];
            });

        Assert.Equal(["https://localhost:2/"], await discovery.ResolveAsync("http+https://auth"));
    }
}
