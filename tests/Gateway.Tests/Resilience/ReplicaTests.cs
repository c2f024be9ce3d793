using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace AiMesh.Gateway.Tests.Resilience;

/// <summary>Several replicas of a service, of which one is dead, dies or hangs.</summary>
[Trait("Level", "Server")]
public sealed class ReplicaTests
{
    private static readonly string Dead = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");

    [Fact]
    public async Task DeadReplica_IsNoticedByNoRequest()
    {
        // Probes would find out, too; here only requests do.
        await using var gateway = await GatewayFixture.StartAsync([$"services:data:http:1={Dead}", "Resilience:ProbeInterval=01:00:00"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        for (var i = 0; i < 40; i++)
        {
            using var read = await client.GetAsync("/api/data/datasets");
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
            using var write = await client.PostAsJsonAsync("/api/data/datasets", new { value = i });
            Assert.Equal(HttpStatusCode.OK, write.StatusCode);
        }
    }

    [Fact]
    public async Task ReplicaThatDiesAtWork_GetsReadsRepeatedOnce_AndWritesNever()
    {
        await using var one = new BreakingServer();
        await using var two = new BreakingServer();
        await using var gateway = await GatewayFixture.StartAsync([$"services:data:http:0={one.Address}", $"services:data:http:1={two.Address}"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));

        using var write = await client.PostAsJsonAsync("/api/data/datasets", new { value = 1 });
        Assert.Equal(HttpStatusCode.BadGateway, write.StatusCode);
        Assert.Equal(1, one.Requests + two.Requests);

        using var bare = await client.PostAsync("/api/data/datasets", null);
        Assert.Equal(HttpStatusCode.BadGateway, bare.StatusCode);
        Assert.Equal(2, one.Requests + two.Requests);

        var before = (one.Requests, two.Requests);
        using var read = await client.GetAsync("/api/data/datasets");
        Assert.Equal(HttpStatusCode.BadGateway, read.StatusCode);
        Assert.Equal((before.Item1 + 1, before.Item2 + 1), (one.Requests, two.Requests)); // The second time at the other one.
    }

    [Fact]
    public async Task HangingReplica_IsTakenOutByProbes_AndComesBack()
    {
        await using var hanging = await EchoService.StartAsync();
        hanging.Hangs["/alive"] = true;
        await using var gateway = await GatewayFixture.StartAsync(
            [$"services:data:http:1={hanging.Http}", "Resilience:ProbeInterval=00:00:00.2", "Resilience:ProbeTimeout=00:00:00.2"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        await WaitUntilAsync(() => Destinations(gateway).Any(destination => destination.Health.Active == DestinationHealth.Unhealthy));

        for (var i = 0; i < 30; i++)
            (await client.GetAsync("/api/data/here")).EnsureSuccessStatusCode();
        Assert.False(hanging.Seen.ContainsKey("/api/data/here"));

        hanging.Hangs.Clear();
        await WaitUntilAsync(() => Destinations(gateway).All(destination => destination.Health.Active == DestinationHealth.Healthy));
        for (var i = 0; i < 30; i++)
            (await client.GetAsync("/api/data/there")).EnsureSuccessStatusCode();
        Assert.True(hanging.Seen.ContainsKey("/api/data/there"));
    }

    [Fact]
    public async Task ClientsThatGoAway_DoNotCountAgainstTheService()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Resilience:BreakerMinimumRequests=5"]);
        gateway.Service.Hangs["/api/data/slow"] = true;
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync("/api/data/slow", patience.Token));
        }));
        await Task.Delay(200);

        Assert.All(Destinations(gateway), destination => Assert.NotEqual(DestinationHealth.Unhealthy, destination.Health.Passive));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);
    }

    private static IEnumerable<DestinationState> Destinations(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("data", out var cluster) ? cluster.DestinationsState.AllDestinations : [];

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (!condition())
            await Task.Delay(50, patience.Token);
    }
}
