using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace AiMesh.StandIns.Tests.Clients.Yarp;

public sealed class DestinationResolverTests
{
    [Fact]
    public async Task Proxy_ToAService_ReachesEveryReplica()
    {
        await using var first = await ReplicaAsync("first");
        await using var second = await ReplicaAsync("second");
        await using var gateway = await GatewayAsync("http://auth", new()
        {
            ["Services:auth:http:0"] = first.Address.AbsoluteUri,
            ["Services:auth:http:1"] = second.Address.AbsoluteUri,
        });

        Assert.Equal(["first /x", "second /x"], await AnswersAsync(gateway));
    }

    [Fact]
    public async Task Proxy_ToANamedEndpoint_UsesIt()
    {
        await using var http = await ReplicaAsync("http");
        await using var grpc = await ReplicaAsync("grpc");
        await using var gateway = await GatewayAsync("http://_grpc.auth/base", new()
        {
            ["Services:auth:http:0"] = http.Address.AbsoluteUri,
            ["Services:auth:grpc:0"] = grpc.Address.AbsoluteUri,
        });

        Assert.Equal(["grpc /base/x"], await AnswersAsync(gateway));
    }

    [Fact]
    public async Task Proxy_AfterAReplicaIsAdded_ReachesItToo()
    {
        await using var first = await ReplicaAsync("first");
        await using var second = await ReplicaAsync("second");
        await using var gateway = await GatewayAsync("http://auth", new() { ["Services:auth:http:0"] = first.Address.AbsoluteUri });
        Assert.Equal(["first /x"], await AnswersAsync(gateway));

        gateway.App.Configuration["Services:auth:http:1"] = second.Address.AbsoluteUri;
        ((IConfigurationRoot)gateway.App.Configuration).Reload();

        await WaitForDestinationsAsync(gateway, 2);
        Assert.Equal(["first /x", "second /x"], await AnswersAsync(gateway));
    }

    [Fact]
    public async Task Resolve_KeepsHostMetadataAndThePathOfTheProbe()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Services:auth:https:0"] = "https://10.0.0.1:5001",
                ["Services:auth:https:1"] = "10.0.0.2:5002",
            }).Build())
            .AddServiceDiscovery()
            .AddReverseProxy().AddServiceDiscoveryDestinationResolver().Services
            .BuildServiceProvider();
        var destination = new DestinationConfig
        {
            Address = "https+http://auth/api/",
            Health = "http://auth:81/health",
            Host = "public.example",
            Metadata = new Dictionary<string, string> { ["zone"] = "a" },
        };

        var resolved = await services.GetRequiredService<IDestinationResolver>().ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig> { ["d"] = destination }, CancellationToken.None);

        Assert.Equal(
            [("d[10.0.0.2:5002]", "https://10.0.0.2:5002/api/"), ("d[https://10.0.0.1:5001/]", "https://10.0.0.1:5001/api/")],
            resolved.Destinations.Select(d => (d.Key, d.Value.Address)).OrderBy(d => d.Key, StringComparer.Ordinal));
        Assert.All(resolved.Destinations.Values, d => Assert.Equal(("public.example", "a"), (d.Host, d.Metadata!["zone"])));
        Assert.Equal("http://10.0.0.1:5001/health", resolved.Destinations["d[https://10.0.0.1:5001/]"].Health);
    }

    [Fact]
    public async Task Forwarder_WithServiceDiscovery_ResolvesEachRequest()
    {
        await using var replica = await ReplicaAsync("only");
        await using var proxy = await LoopbackServer.StartAsync(
            app =>
            {
                var client = app.Services.GetRequiredService<IForwarderHttpClientFactory>().CreateClient(new ForwarderHttpClientContext
                {
                    NewConfig = HttpClientConfig.Empty,
                });
                app.MapForwarder("/{**path}", "http://auth", new ForwarderRequestConfig(), HttpTransformer.Default, client);
            },
            builder =>
            {
                builder.Configuration["Services:auth:http:0"] = replica.Address.AbsoluteUri;
                builder.Services.AddServiceDiscovery();
                builder.Services.AddHttpForwarderWithServiceDiscovery();
            });

        Assert.Equal("only /y", await proxy.Client.GetStringAsync(new Uri("/y", UriKind.Relative)));
    }

    private static Task<LoopbackServer> ReplicaAsync(string name)
        => LoopbackServer.StartAsync(app => app.Run(context => context.Response.WriteAsync($"{name} {context.Request.Path}")));

    private static Task<LoopbackServer> GatewayAsync(string address, Dictionary<string, string?> configuration)
        => LoopbackServer.StartAsync(
            app => app.MapReverseProxy(),
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(configuration);
                builder.Services.AddServiceDiscovery();
                builder.Services.AddReverseProxy()
                    .LoadFromMemory(
                        [new RouteConfig { RouteId = "r", ClusterId = "c", Match = new RouteMatch { Path = "/{**path}" } }],
                        [
                            new ClusterConfig
                            {
                                ClusterId = "c",
                                LoadBalancingPolicy = "RoundRobin",
                                Destinations = new Dictionary<string, DestinationConfig> { ["d"] = new() { Address = address } },
                            },
                        ])
                    .AddServiceDiscoveryDestinationResolver();
            });

    private static async Task<string[]> AnswersAsync(LoopbackServer gateway)
    {
        var answers = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 8; i++)
        {
            answers.Add(await gateway.Client.GetStringAsync(new Uri("/x", UriKind.Relative)));
        }

        return [.. answers];
    }

    private static async Task WaitForDestinationsAsync(LoopbackServer gateway, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var state = gateway.App.Services.GetRequiredService<IProxyStateLookup>();
        while (!state.TryGetCluster("c", out var cluster) || cluster.DestinationsState.AvailableDestinations.Count != count)
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
