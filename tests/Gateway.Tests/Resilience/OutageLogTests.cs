using System.Net;
using AiMesh.Testing;
using Microsoft.Extensions.Logging;

namespace AiMesh.Gateway.Tests.Resilience;

/// <summary>What an outage writes to the logs: a line for each request, and none for clients that go away.</summary>
[Trait("Level", "Server")]
public sealed class OutageLogTests
{
    // The levels of appsettings.json, which tests otherwise lower.
    private static readonly string[] Levels = ["Logging:LogLevel:Default=Information", "Logging:LogLevel:Yarp=Warning", "Logging:LogLevel:Microsoft.AspNetCore=Warning"];

    [Fact]
    public async Task DeadService_IsOneLineForEachRequest_WithoutAStack()
    {
        await using var gateway = await GatewayFixture.StartAsync([.. Levels, "Resilience:ProbeInterval=01:00:00"]);
        using var log = LogLines.Of(gateway);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));

        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("/api/ai/models")).StatusCode);

        var lines = log.From(LogLevel.Warning).Where(static line => !line.Contains("Caching", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, lines.Length);
        Assert.All(lines, static line =>
        {
            Assert.Contains("GET to cluster ai failed at http://127.0.0.1:", line, StringComparison.Ordinal);
            Assert.Contains("Connection refused", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
        });
    }

    [Fact]
    public async Task DeadReplica_IsOneLineForTheRequestThatWasRepeated()
    {
        await using var one = new BreakingServer();
        await using var two = await EchoService.StartAsync();
        await using var gateway = await GatewayFixture.StartAsync([.. Levels, $"services:data:http:0={one.Address}", $"services:data:http:1={two.Http}", "Resilience:ProbeInterval=01:00:00"]);
        using var log = LogLines.Of(gateway);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));

        while (one.Requests == 0) Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);

        var line = Assert.Single(log.From(LogLevel.Information), static line => line.Contains("failed at", StringComparison.Ordinal));
        Assert.Contains("is sent to another replica", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public async Task ClientThatGoesAway_IsNoLine()
    {
        await using var gateway = await GatewayFixture.StartAsync([.. Levels, "Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information", "Resilience:ProbeInterval=01:00:00"]);
        gateway.Service.Hangs["/api/data/slow"] = true;
        using var log = LogLines.Of(gateway);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));

        using var patience = new CancellationTokenSource();
        var given = client.GetAsync("/api/data/slow", patience.Token);
        await Eventually.HoldsAsync(() => gateway.Service.Seen.ContainsKey("/api/data/slow"));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        await Eventually.HoldsAsync(() => log.From(LogLevel.Information).Any(static line => line.Contains("Request finished", StringComparison.Ordinal) && line.Contains("/api/data/slow", StringComparison.Ordinal)));
        Assert.DoesNotContain(log.From(LogLevel.Information), static line => line.Contains("cluster data", StringComparison.Ordinal));
    }
}
