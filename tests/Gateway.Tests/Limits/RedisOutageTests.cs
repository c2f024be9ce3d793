using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Limits;

/// <summary>Redis dies, freezes or is cut off while requests run: no 5xx, no waiting, said in health and metrics, over by itself.</summary>
[Trait("Level", "Server")]
[Collection(TimingTests.Name)]
public sealed class RedisOutageTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private GatewayFixture _gateway = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartNewAsync();
        _gateway = await GatewayFixture.StartAsync(
            [$"ConnectionStrings:redis={_redis.ConnectionString}", "Limits:Default:PermitsPerSecond=50000", "Limits:Default:Burst=50000", "Limits:Address:PermitsPerSecond=50000", "Limits:Address:Burst=50000", "Limits:Tiers:Free:PermitsPerSecond=50000", "Limits:Tiers:Free:Burst=50000"]);
        _client = _gateway.Client(_gateway.Authority.Token("u", "o"));
        await WaitForAsync("Healthy");
        for (var i = 0; i < 200; i++)
            (await _client.GetAsync("/api/data/datasets")).EnsureSuccessStatusCode();
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public Task KilledRedis_IsDoneWithout_AndUsedAgainWhenItIsBack() => PlayAsync(_redis.StopAsync, _redis.StartAsync);

    [Fact]
    public Task FrozenRedis_IsDoneWithout_AndUsedAgainWhenItThaws() => PlayAsync(
        () =>
        {
            _redis.Freeze();
            return Task.CompletedTask;
        },
        () =>
        {
            _redis.Thaw();
            return Task.CompletedTask;
        });

    private async Task PlayAsync(Func<Task> begin, Func<Task> end)
    {
        var calm = await LoadAsync(TimeSpan.FromSeconds(2));
        var load = LoadAsync(TimeSpan.FromSeconds(3));
        await begin();
        var latencies = await load;
        await WaitForAsync("Degraded");
        await WaitForMetricAsync("aimesh_gateway_limit_local{otel_scope_name=\"AiMesh.Gateway\"} 1");
        // Only the few requests on their way at the moment of the outage wait at all.
        Assert.InRange(At(latencies, 0.5), 0, At(calm, 0.5) + 20);
        Assert.InRange(At(latencies, 0.99), 0, At(calm, 0.99) + 50);

        await end();
        await WaitForAsync("Healthy");
        await WaitForMetricAsync("aimesh_gateway_limit_local{otel_scope_name=\"AiMesh.Gateway\"} 0");
        (await _client.GetAsync("/api/data/datasets")).EnsureSuccessStatusCode();
    }

    /// <summary>Four callers; every answer must be good. Milliseconds, sorted.</summary>
    private async Task<List<double>> LoadAsync(TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            var own = new List<double>();
            while (clock.Elapsed < length)
            {
                var begin = Stopwatch.GetTimestamp();
                using var answer = await _client.GetAsync("/api/data/datasets");
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                own.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            }

            return own;
        }));
        return [.. latencies.SelectMany(static own => own).Order()];
    }

    private static double At(List<double> sorted, double quantile) => sorted[(int)(sorted.Count * quantile)];

    private async Task WaitForAsync(string status)
    {
        var clock = Stopwatch.StartNew();
        string? seen = null;
        while (clock.Elapsed < TimeSpan.FromSeconds(5))
        {
            using var answer = await _client.GetAsync("/health");
            seen = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!["limits"]!["status"]!.GetValue<string>();
            if (seen == status)
                return;
            await Task.Delay(50);
        }

        Assert.Fail($"Still {seen} after 5 s.");
    }

    /// <summary>Scrapes within a fraction of a second get the same answer, so one may have to wait for the next.</summary>
    private async Task WaitForMetricAsync(string line)
    {
        var clock = Stopwatch.StartNew();
        while (!(await _client.GetStringAsync("/metrics")).Contains(line, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"No '{line}' in the metrics.");
            await Task.Delay(100);
        }
    }
}
