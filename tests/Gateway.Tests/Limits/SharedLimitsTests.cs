using System.Diagnostics;
using System.Net;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Limits;

/// <summary>Three replicas on one Redis count as one.</summary>
[Trait("Level", "Server")]
[Collection(TimingTests.Name)]
public sealed class SharedLimitsTests
{
    private const int Rate = 100;
    private const int Burst = 400;

    [Fact]
    public async Task ThreeReplicasUnderLoad_LetThroughWhatIsAllowed_WithinOnePercent()
    {
        var redis = await RedisServer.GetSharedAsync();
        // The time-out is out of the way: how exact the counters are is measured here, not how busy the machine is.
        string[] settings =
        [
            $"ConnectionStrings:redis={redis.ConnectionString}", "Limits:Shared:Timeout=00:00:01",
            $"Limits:Default:PermitsPerSecond={Rate}", $"Limits:Default:Burst={Burst}", "Limits:Tiers:Free:PermitsPerSecond=100000", "Limits:Tiers:Free:Burst=100000",
            "Limits:Address:PermitsPerSecond=100000", "Limits:Address:Burst=100000",
        ];
        await using var first = await GatewayFixture.StartAsync(settings);
        await using var second = await GatewayFixture.StartAsync(settings, first);
        await using var third = await GatewayFixture.StartAsync(settings, first);
        var token = first.Authority.Token("everywhere", $"o-{Guid.NewGuid():N}");
        using var clients = new Disposables<HttpClient>(new[] { first, second, third }.Select(gateway => gateway.Client(token)));
        foreach (var client in clients.Items)
            (await client.GetAsync("/alive")).EnsureSuccessStatusCode();

        var (allowed, refused) = (0, 0);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            // Ends with a refusal, that is with nothing left in the bucket, however slow the machine was for a while.
            HttpStatusCode last = default;
            while (clock.Elapsed < TimeSpan.FromSeconds(8) || last == HttpStatusCode.OK)
            {
                using var answer = await clients.Items[i % 3].GetAsync("/api/data/datasets");
                last = answer.StatusCode;
                if (last == HttpStatusCode.OK) Interlocked.Increment(ref allowed);
                else if (last == HttpStatusCode.TooManyRequests) Interlocked.Increment(ref refused);
                else Assert.Fail($"Status {last}");
            }
        }));

        var expected = Burst + (clock.Elapsed.TotalSeconds * Rate);
        Assert.True(refused > 50, $"The load was too small to tell: {refused} refused.");
        Assert.InRange(allowed, expected * 0.99, expected * 1.01);
    }

    private sealed class Disposables<T>(IEnumerable<T> items) : IDisposable
        where T : IDisposable
    {
        public List<T> Items { get; } = [.. items];

        public void Dispose() => Items.ForEach(static item => item.Dispose());
    }
}
