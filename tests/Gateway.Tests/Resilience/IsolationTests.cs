using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Resilience;

/// <summary>One service hangs or dies under load; the routes to the others keep their pace.</summary>
[Trait("Level", "Server")]
[Collection(TimingTests.Name)]
public sealed class IsolationTests
{
    private static readonly string[] NoLimits =
    [
        "Limits:Default:PermitsPerSecond=100000", "Limits:Default:Burst=100000", "Limits:Ai:PermitsPerSecond=100000", "Limits:Ai:Burst=100000",
        "Limits:Address:PermitsPerSecond=100000", "Limits:Address:Burst=100000", "Limits:Tiers:Free:PermitsPerSecond=100000", "Limits:Tiers:Free:Burst=100000",
    ];

    [Fact]
    public async Task HangingService_HoldsUpNobodyElse_AndIsRefusedBeyondItsShare()
    {
        await using var gateway = await GatewayFixture.StartAsync([.. NoLimits, "Resilience:MaxConcurrentRequests=50", "Resilience:ActivityTimeout=00:00:05"]);
        gateway.Service.Hangs["/api/data/slow"] = true;
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        var calm = await MedianAsync(client, "/api/iot/devices", 300);

        using var over = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 200).Select(_ => client.GetAsync("/api/data/slow", over.Token)).ToList();
        var refused = await await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(1, refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);

        Assert.InRange(await MedianAsync(client, "/api/iot/devices", 300), 0, calm + 20);
        Assert.InRange(gateway.Service.Seen["/api/data/slow"], 1, 50);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
    }

    [Fact]
    public async Task SilentService_Is504_WithRetryAfter()
    {
        await using var gateway = await GatewayFixture.StartAsync(["Resilience:ActivityTimeout=00:00:01"]);
        gateway.Service.Hangs["/api/data/slow"] = true;
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var answer = await client.GetAsync("/api/data/slow");
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("DEADLINE_EXCEEDED", (await answer.Content.ReadFromJsonAsync<JsonObject>())!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task DeadService_IsNotTriedAllTheTime_AndIsBackSoonAfterItIs()
    {
        var port = FreePort.Next();
        await using var gateway = await GatewayFixture.StartAsync([.. NoLimits, $"services:ai:http:0=http://127.0.0.1:{port}"]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 30; i++)
            answers.Add(await client.GetAsync("/api/ai/models"));
        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadGateway));
        Assert.Equal(20, answers.Count(answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable));
        Assert.All(answers, answer => Assert.NotNull(answer.Headers.RetryAfter));

        await using var revived = await EchoService.StartAsync(port);
        var clock = Stopwatch.StartNew();
        while ((await client.GetAsync("/api/ai/models")).StatusCode != HttpStatusCode.OK)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), "Not back after 5 s.");
            await Task.Delay(50);
        }

        // That one was let through to try; from now on all are.
        for (var i = 0; i < 30; i++)
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/ai/models")).StatusCode);
    }

    private static async Task<double> MedianAsync(HttpClient client, string path, int count)
    {
        var latencies = new List<double>();
        for (var i = 0; i < count; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            latencies.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return latencies.Order().ElementAt(count / 2);
    }
}
