using System.Net;
using AiMesh.Gateway.Caching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Tests.Caching;

public sealed class CacheRouteTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Invalidations_AreNotRoutedForClients()
    {
        using var client = gateway.Client(gateway.Authority.Token());
        foreach (var (method, isRouted) in new[] { ("Invalidations/WatchInvalidations", false), ("Items/ListItems", true) })
        {
            var before = gateway.Service.Seen.GetValueOrDefault($"/aimesh.data.v1.{method}");
            using var answer = await client.PostAsync($"/aimesh.data.v1.{method}", new ByteArrayContent([]));
            if (!isRouted) Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

            // The gateway itself asks for invalidations, again and again, as this service tells none; it has no token.
            Assert.Equal(isRouted, gateway.Service.Seen.GetValueOrDefault($"/aimesh.data.v1.{method}") > before && answer.StatusCode == HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Gateway_ThatHearsNothingOfWrites_KeepsNothingAndSaysSo()
    {
        Assert.False(gateway.Services.GetRequiredService<AnswerStore>().IsOpen);
        var report = await gateway.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "cache");
        Assert.Equal(HealthStatus.Degraded, report.Status);
        using var client = gateway.Client(gateway.Authority.Token());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets/d/items")).StatusCode);
    }

    [Theory]
    [InlineData("Items", "GET", true)]
    [InlineData("Items", "POST", false)]
    [InlineData("Items", null, false)]
    [InlineData("Everything", "GET", false)]
    public void Route_ThatIsKept_IsOneOfReads(string kind, string? method, bool isGood)
    {
        var route = new RouteConfig
        {
            RouteId = "r",
            ClusterId = "data",
            Match = new RouteMatch { Path = "/x", Methods = method is null ? null : [method] },
            Metadata = new Dictionary<string, string> { ["Cache"] = kind },
        };
        Assert.Equal(isGood, !CachedRoute.Check(route).Any());
        Assert.Equal(kind == "Items", CachedRoute.Is(route));
    }
}
