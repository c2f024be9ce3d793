using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace AiMesh.StandIns.Tests.Grpc;

public sealed class HealthTests
{
    private HealthStatus _database = HealthStatus.Healthy;
    private int _runs;

    [Theory]
    [InlineData(HealthStatus.Healthy, ServingStatus.Serving)]
    [InlineData(HealthStatus.Degraded, ServingStatus.Serving)]
    [InlineData(HealthStatus.Unhealthy, ServingStatus.NotServing)]
    public async Task Check_OfTheServer_CombinesAllChecks(HealthStatus database, ServingStatus expected)
    {
        _database = database;
        await using var server = await StartAsync();

        Assert.Equal(expected, (await Client(server).CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task Check_OfAMappedService_RunsItsChecksAlone()
    {
        _database = HealthStatus.Unhealthy;
        await using var server = await StartAsync(options =>
        {
            options.Services.Map("test.Live", check => check.Tags.Contains("live"));
            options.Services.Map("test.Data", check => check.Name == "database");
            options.Services.Map("test.None", _ => false);
        });
        var client = Client(server);

        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest { Service = "test.Live" })).Status);
        Assert.Equal(0, _runs);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = "test.Data" })).Status);
        Assert.Equal(ServingStatus.Unknown, (await client.CheckAsync(new HealthCheckRequest { Service = "test.None" })).Status);
    }

    [Fact]
    public async Task Check_OfAnUnknownService_IsNotFound()
    {
        await using var server = await StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client(server).CheckAsync(new HealthCheckRequest { Service = "nobody" }));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Check_FromTheCache_KnowsOnlyWhatWasPublished()
    {
        await using var server = await StartAsync(options => options.UseHealthChecksCache = true);
        var client = Client(server);
        await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest()));
        await PublishAsync(server);
        var runs = _runs;

        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(runs, _runs);
    }

    [Fact]
    public async Task Watch_WhenTheStatusChanges_TellsEachChangeOnce()
    {
        await using var server = await StartAsync();
        using var watch = Client(server).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        await PublishAsync(server);
        _database = HealthStatus.Unhealthy;
        await PublishAsync(server);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));

        await PublishAsync(server);
        _database = HealthStatus.Healthy;
        await PublishAsync(server);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
    }

    [Fact]
    public async Task Watch_OfAnUnknownService_SaysSoAndStaysOpen()
    {
        await using var server = await StartAsync();
        using var watch = Client(server).Watch(new HealthCheckRequest { Service = "nobody" });

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        Assert.False(watch.ResponseStream.MoveNext().IsCompleted);
    }

    [Fact]
    public async Task Watch_WhenTheServerStops_EndsWithNotServing()
    {
        await using var server = await StartAsync();
        using var watch = Client(server).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        var stopping = server.StopAsync();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext());
        await stopping;
    }

    private static Health.HealthClient Client(GrpcServer server) => new(server.Channel);

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
        return watch.ResponseStream.Current.Status;
    }

    // What the framework does every period.
    private static async Task PublishAsync(GrpcServer server)
    {
        var report = await server.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        foreach (var publisher in server.Services.GetServices<IHealthCheckPublisher>())
            await publisher.PublishAsync(report, CancellationToken.None);
    }

    private Task<GrpcServer> StartAsync(Action<GrpcHealthChecksOptions>? configure = null) => GrpcServer.StartAsync(
        app => app.MapGrpcHealthChecksService(),
        services =>
        {
            services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.FromHours(1));
            services.AddGrpcHealthChecks(configure ?? (_ => { }))
                .AddCheck("self", () => HealthCheckResult.Healthy(), ["live"])
                .AddCheck("database", () =>
                {
                    Interlocked.Increment(ref _runs);
                    return new HealthCheckResult(_database);
                });
        });
}
