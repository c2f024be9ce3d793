using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AiMesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace AiMesh.StandIns.Tests.Clients.Redis;

[Trait("Level", "Server")]
public sealed class RedisClientTests
{
    private const string CheckName = "StackExchange.Redis";

    [Fact]
    public async Task Resolve_WithServer_AnswersTheFirstCommand()
    {
        var server = await RedisServer.GetSharedAsync();
        using var host = Build(server.ConnectionString);

        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();

        Assert.True(await redis.GetDatabase().StringSetAsync("first", "1"));
        Assert.Same(redis, host.Services.GetRequiredService<IConnectionMultiplexer>());
    }

    [Fact]
    public async Task Resolve_WithoutServer_ReturnsAndConnectsOnceItIsThere()
    {
        await using var server = await RedisServer.StartNewAsync();
        await server.StopAsync();
        using var host = Build(server.ConnectionString);

        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();
        await Assert.ThrowsAsync<RedisConnectionException>(() => redis.GetDatabase().PingAsync());
        await server.StartAsync();

        await EventuallyAsync(() => redis.GetDatabase().StringSetAsync("late", "1"));
    }

    [Fact]
    public async Task Outage_InTheMiddle_IsOverWhenTheServerIsBack()
    {
        await using var server = await RedisServer.StartNewAsync();
        using var host = Build(server.ConnectionString);
        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await redis.GetSubscriber().SubscribeAsync("news", (_, message) => heard.TrySetResult(message!));
        await redis.GetDatabase().PingAsync();

        await server.StopAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => redis.GetDatabase().PingAsync());
        await server.StartAsync();

        // Subscriptions come back as well, without anybody subscribing again.
        await EventuallyAsync(async () =>
        {
            await redis.GetSubscriber().PublishAsync("news", "back");
            return heard.Task.IsCompleted;
        });
        Assert.Equal("back", await heard.Task);
    }

    [Fact]
    public void Resolve_WhenTheHostSwallowsEverything_DoesNotWaitForAllAttempts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var host = Build(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        var started = Stopwatch.GetTimestamp();

        var redis = host.Services.GetRequiredService<IConnectionMultiplexer>();

        Assert.False(redis.IsConnected);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Start_WithActivationAndNoServer_DoesNotFailAndConnectsInTheBackground()
    {
        await using var server = await RedisServer.StartNewAsync();
        await server.StopAsync();
        using var host = Build(server.ConnectionString, builder => builder.AddRedisClient("redis", s => s.DisableAutoActivation = false));

        await host.StartAsync();
        await server.StartAsync();

        await EventuallyAsync(async () => (await CheckAsync(host)).Status == HealthStatus.Healthy);
        await host.StopAsync();
    }

    [Fact]
    public async Task HealthCheck_FollowsTheServer()
    {
        await using var server = await RedisServer.StartNewAsync();
        using var host = Build(server.ConnectionString);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);

        await server.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);

        await server.StartAsync();
        await EventuallyAsync(async () => (await CheckAsync(host)).Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task KeyedClients_AreSeparate()
    {
        var server = await RedisServer.GetSharedAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:one"] = server.ConnectionString + ",defaultDatabase=1",
            ["ConnectionStrings:two"] = server.ConnectionString + ",defaultDatabase=2",
        });
        builder.AddKeyedRedisClient("one");
        builder.AddKeyedRedisClient("two");
        using var host = builder.Build();

        var one = host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("one");
        var two = host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("two");
        await one.GetDatabase().StringSetAsync("where", "one");

        Assert.False(await two.GetDatabase().KeyExistsAsync("where"));
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(["StackExchange.Redis_one", "StackExchange.Redis_two"], report.Entries.Keys.Order());
    }

    [Fact]
    public void Resolve_WithoutConnectionString_NamesTheKeys()
    {
        using var host = Build(connectionString: null);

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());

        Assert.Contains("'ConnectionStrings:redis'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Aspire:StackExchange:Redis:ConnectionString'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_WithAbortConnectInTheConnectionString_FailsWhenTheServerIsAway()
    {
        using var host = Build($"127.0.0.1:{FreePort.Next()},abortConnect=true");

        Assert.Throws<RedisConnectionException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());
    }

    [Fact]
    public void Options_ComeFromSectionsThenDelegate()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Aspire:StackExchange:Redis:redis:ConnectionString"] = $"127.0.0.1:{FreePort.Next()}",
            ["Aspire:StackExchange:Redis:ConfigurationOptions:SyncTimeout"] = "1234",
            ["Aspire:StackExchange:Redis:redis:ConfigurationOptions:ClientName"] = "named",
        });
        ConfigurationOptions? seen = null;
        builder.AddRedisClient("redis", configureOptions: options => seen = options);
        using var host = builder.Build();

        host.Services.GetRequiredService<IConnectionMultiplexer>();

        Assert.Equal((1234, "named", false), (seen!.SyncTimeout, seen.ClientName, seen.AbortOnConnectFail));
    }

    private static IHost Build(string? connectionString, Action<IHostApplicationBuilder>? add = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:redis"] = connectionString;
        (add ?? (b => b.AddRedisClient("redis")))(builder);
        return builder.Build();
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host)
        => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries[CheckName];

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await TryAsync(condition))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), "Still not there after 30 s.");
            await Task.Delay(50);
        }
    }

    private static async Task<bool> TryAsync(Func<Task<bool>> condition)
    {
        try
        {
            return await condition();
        }
        catch (RedisException)
        {
            return false;
        }
    }
}
