using AiMesh.StandIns.Tests.Grpc;
using AiMesh.StandIns.Tests.Grpc.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Clients.Discovery;

public sealed class GrpcTests
{
    [Theory]
    [InlineData("http://_grpc.echo")]
    [InlineData("http://echo")]
    public async Task Calls_ToAService_AreSpreadOverItsReplicas(string address)
    {
        await using var first = await ReplicaAsync("first");
        await using var second = await ReplicaAsync("second");
        await using var services = Build(address, new()
        {
            ["Services:echo:grpc:0"] = first.GrpcAddress.AbsoluteUri,
            ["Services:echo:grpc:1"] = second.GrpcAddress.AbsoluteUri,
            ["Services:echo:http:0"] = first.GrpcAddress.AbsoluteUri,
            ["Services:echo:http:1"] = second.GrpcAddress.AbsoluteUri,
        });

        Assert.Equal(["first", "second"], await ReplicasAsync(services, calls: 6));
    }

    [Fact]
    public async Task Calls_AfterAReplicaMoved_ReachIt()
    {
        await using var first = await ReplicaAsync("first");
        await using var second = await ReplicaAsync("second");
        await using var services = Build("http://_grpc.echo", new() { ["Services:echo:grpc:0"] = first.GrpcAddress.AbsoluteUri });
        Assert.Equal(["first"], await ReplicasAsync(services, calls: 2));

        var configuration = services.GetRequiredService<IConfigurationRoot>();
        configuration["Services:echo:grpc:0"] = second.GrpcAddress.AbsoluteUri;
        configuration.Reload();

        Assert.Equal(["second"], await ReplicasAsync(services, calls: 2));
    }

    [Fact]
    public async Task Stream_GoesThroughDiscovery()
    {
        await using var only = await ReplicaAsync("only");
        await using var services = Build("http://_grpc.echo", new() { ["Services:echo:grpc:0"] = only.GrpcAddress.AbsoluteUri });
        using var call = services.GetRequiredService<Echo.EchoClient>().Chat();

        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
    }

    private static Task<GrpcServer> ReplicaAsync(string name) => GrpcServer.StartAsync(app =>
    {
        app.Use(next => context =>
        {
            context.Response.Headers["x-replica"] = name;
            return next(context);
        });
        app.MapGrpcService<EchoService>();
    });

    private static ServiceProvider Build(string address, Dictionary<string, string?> endpoints)
    {
        IConfigurationRoot configuration = new ConfigurationManager();
        ((IConfigurationBuilder)configuration).AddInMemoryCollection(endpoints);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton(configuration);
        services.AddServiceDiscovery();

        // As service defaults do it: for all clients, and not for this one.
        services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        services.AddGrpcClient<Echo.EchoClient>(options => options.Address = new Uri(address));
        return services.BuildServiceProvider();
    }

    private static async Task<string[]> ReplicasAsync(ServiceProvider services, int calls)
    {
        var client = services.GetRequiredService<Echo.EchoClient>();
        var replicas = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < calls; i++)
        {
            using var call = client.SayAsync(new EchoRequest { Text = "x" });
            replicas.Add((await call.ResponseHeadersAsync).GetValue("x-replica")!);
            await call;
        }

        return [.. replicas];
    }
}
