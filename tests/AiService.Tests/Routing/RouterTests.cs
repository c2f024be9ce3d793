using System.Collections.Immutable;
using AiMesh.AiService.Analyst;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Routing;

public sealed class RouterTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly ProviderHealth _health;
    private readonly ModelSpeed _speed;
    private readonly ProviderCatalog _catalog;
    private readonly Router _router;

    public RouterTests()
    {
        var options = Options.Create(new RoutingOptions());
        _health = new ProviderHealth(_time, options);
        _catalog = new ProviderCatalog(
        [
            Provider("cheap", ("small", 0.1m, 0.3, 8_000), ("shared", 0.2m, 0.3, 8_000)),
            Provider("good", ("large", 10m, 0.95, 128_000), ("shared", 1m, 0.6, 32_000)),
            Provider("free", ("tiny", 0m, 0.1, 4_000)),
        ]);
        _speed = new ModelSpeed(_time, options);
        _router = new Router(_catalog, _health, new ModelOrder(_speed, options));
    }

    public void Dispose() => _catalog.Dispose();

    [Theory]
    [InlineData("Cheapest", "free/tiny,cheap/small,cheap/shared,good/shared,good/large")]
    [InlineData("Best", "good/large,good/shared,cheap/small,cheap/shared,free/tiny")]
    [InlineData("Balanced", "good/shared,good/large,cheap/small,cheap/shared,free/tiny")]
    public void Candidates_ByPolicy_AreInItsOrder(string policy, string expected)
    {
        var candidates = Route(policy: Enum.Parse<RoutingPolicy>(policy)).Value;

        Assert.Equal(expected, string.Join(',', candidates.Select(c => c.Id)));
    }

    [Fact]
    public void Candidates_ByName_AreAllWhoServeTheModel()
    {
        Assert.Equal(["cheap/shared", "good/shared"], Route("shared", RoutingPolicy.Cheapest).Value.Select(c => c.Id));
        Assert.Equal(["good/shared"], Route("good/shared").Value.Select(c => c.Id));
    }

    [Fact]
    public void Candidates_WithoutPermission_AreLeftOut()
    {
        Assert.Equal(["cheap"], Route(permissions: ["ai:use_cheap"]).Value.Select(c => c.Provider).Distinct());
        Assert.Equal("ai:use_good", Assert.IsType<PermissionDenied>(Route("good/large", permissions: ["ai:use_cheap"]).Error).Metadata["permission"]);
        Assert.IsType<PermissionDenied>(Route(permissions: ["ai:ask"]).Error);
    }

    [Fact]
    public void Candidates_OfAnUnknownModel_AreNotFound() => Assert.IsType<NotFound>(Route("good/unheard-of").Error);

    [Fact]
    public void Candidates_ForALongInput_HaveTheContextForIt()
    {
        Assert.Equal(["good/large"], Route(input: 50_000).Value.Select(c => c.Id));
        Assert.Equal("messages", Assert.Single(Assert.IsType<TooLongForModels>(Route(input: 500_000).Error).Violations).Field);
    }

    [Fact]
    public void Candidates_OfRestingProviders_AreLeftOut()
    {
        _health.Failed(_health.TryEnter("good")!.Value, new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(30)));

        Assert.DoesNotContain("good", Route().Value.Select(c => c.Provider));
        var error = Assert.IsType<NoProviderAnswers>(Route("good/large").Error);
        Assert.Equal(TimeSpan.FromSeconds(30), error.RetryAfter);
    }

    private Result<ImmutableArray<Model>> Route(string model = "", RoutingPolicy? policy = null, long input = 100, string[]? permissions = null) =>
        _router.Candidates(new RouteRequest(
            new Principal { Kind = PrincipalKind.User, Subject = "alice", Organisation = "demo", TokenId = "t", Permissions = PermissionSet.Create(permissions ?? ["ai:*"]) },
            model, policy, input, 1000, "messages"));

    private static Provider Provider(string name, params (string Name, decimal Price, double Quality, long Context)[] models) => new(
        name,
        new AnalystChatClient(TimeProvider.System),
        [.. models.Select(m => new Model { Provider = name, Name = m.Name, ContextLength = m.Context, MaxOutputTokens = 2000, Prices = new Prices("USD", m.Price, m.Price, m.Price), Quality = m.Quality })],
        LeavesTheMesh: true);
}
