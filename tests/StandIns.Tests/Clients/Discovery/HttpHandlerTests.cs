using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.ServiceDiscovery.Http;

namespace AiMesh.StandIns.Tests.Clients.Discovery;

public sealed class HttpHandlerTests
{
    [Theory]
    [InlineData("http://auth/a/b?c=d%20e", "http://localhost:1001/a/b?c=d%20e")]
    [InlineData("https+http://auth/", "http://localhost:1001/")]
    [InlineData("http://_grpc.auth/pkg.Service/Method", "http://localhost:2001/pkg.Service/Method")]
    [InlineData("http://based/x?y=1", "http://localhost:3001/base/path/x?y=1")]
    [InlineData("http://plain/x", "http://localhost:4001/x")]
    [InlineData("https://plain:7/x", "https://plain:7/x")]
    [InlineData("http://v6/x", "http://[::1]:5001/x")]
    [InlineData("https+http://elsewhere:8443/x", "https://elsewhere:8443/x")]
    [InlineData("https+http://elsewhere/x", "https://elsewhere/x")]
    [InlineData("http://elsewhere/x", "http://elsewhere/x")]
    [InlineData("http://u:p@auth/x", "http://u:p@localhost:1001/x")]
    public async Task Send_ToService_IsRewritten(string requested, string sent)
    {
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:http:0"] = "http://localhost:1001",
            ["Services:auth:grpc:0"] = "http://localhost:2001",
            ["Services:based:http:0"] = "http://localhost:3001/base/path/",
            ["Services:plain:http:0"] = "localhost:4001",
            ["Services:v6:http:0"] = "[::1]:5001",
        });

        Assert.Equal(sent, await discovery.SendAsync(requested));
    }

    [Fact]
    public async Task Send_ToSeveralEndpoints_TakesTurns()
    {
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:http:0"] = "http://localhost:1",
            ["Services:auth:http:1"] = "http://localhost:2",
            ["Services:auth:http:2"] = "http://localhost:3",
        });

        await discovery.SpreadAsync("http://auth/x", requests: 300);

        var counts = discovery.Handler.Requests.CountBy(uri => uri.Port).ToDictionary();
        Assert.Equal([1, 2, 3], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.Equal(100, count));
    }

    [Fact]
    public async Task Send_ToTheSameUriObject_ReachesEveryEndpoint()
    {
        // The rewritten address is remembered for the object; it must be remembered per endpoint.
        await using var discovery = new DiscoveryFixture(new()
        {
            ["Services:auth:http:0"] = "http://localhost:1",
            ["Services:auth:http:1"] = "http://localhost:2",
        });
        var uri = new Uri("http://auth/x");

        for (var i = 0; i < 4; i++)
        {
            using var response = await discovery.Client.GetAsync(uri);
        }

        Assert.Equal(2, discovery.Handler.Requests.Count(sent => sent.Port == 1));
        Assert.Equal(2, discovery.Handler.Requests.Count(sent => sent.Port == 2));
    }

    [Fact]
    public async Task Send_Afterwards_TheRequestHasItsOwnUriAgain()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://auth/x");

        using var response = await discovery.Client.SendAsync(request);

        Assert.Equal("http://auth/x", request.RequestUri!.AbsoluteUri);
    }

    [Fact]
    public async Task Retry_OutsideOfDiscovery_ChoosesAnotherEndpoint()
    {
        var failing = new FirstFails();
        await using var discovery = new DiscoveryFixture(
            new()
            {
                ["Services:auth:http:0"] = "http://localhost:1",
                ["Services:auth:http:1"] = "http://localhost:2",
            },
            services: services =>
            {
                var client = services.AddHttpClient("retrying").ConfigurePrimaryHttpMessageHandler(() => failing);
                client.AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
                client.AddServiceDiscovery();
            });

        using var response = await discovery.Services.GetRequiredService<IHttpClientFactory>().CreateClient("retrying").GetAsync(new Uri("http://auth/x"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, failing.Ports.Distinct().Count());
    }

    [Fact]
    public async Task Send_WithHostNameMetadata_SendsTheServiceName()
    {
        await using var discovery = new DiscoveryFixture(
            new() { ["Services:auth:http:0"] = "http://localhost:1" },
            services: services => services.Configure<ConfigurationServiceEndpointProviderOptions>(o => o.ShouldApplyHostNameMetadata = _ => true));

        await discovery.SendAsync("http://auth/x");

        Assert.Equal(["auth"], discovery.Handler.Hosts);
    }

    [Fact]
    public async Task Send_WithSchemeThatIsNotAllowed_Throws()
    {
        await using var discovery = new DiscoveryFixture([], options => options.AllowAllSchemes = false);

        await Assert.ThrowsAsync<InvalidOperationException>(() => discovery.SendAsync("https+http://auth"));
    }

    [Fact]
    public async Task Send_ToMoreServicesThanAreKept_StillResolves()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1" });

        for (var i = 0; i < 3000; i++)
        {
            await discovery.SendAsync($"http://host-{i}/");
        }

        Assert.Equal("http://localhost:1/", await discovery.SendAsync("http://auth"));
    }

    [Fact]
    public async Task Client_WithDiscovery_TellsGrpcNotToBalance()
    {
        var sockets = new SocketsHttpHandler();
        await using var discovery = new DiscoveryFixture([], services: services => services
            .AddHttpClient("grpc").ConfigurePrimaryHttpMessageHandler(() => sockets).AddServiceDiscovery());

        discovery.Services.GetRequiredService<IHttpClientFactory>().CreateClient("grpc");

        Assert.Equal(true, sockets.Properties["__GrpcLoadBalancingDisabled"]);
    }

    [Fact]
    public async Task Send_ToAKnownService_AllocatesNextToNothing()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:grpc:0"] = "http://localhost:1" });
        var answer = Task.FromResult(new HttpResponseMessage());
        var factory = discovery.Services.GetRequiredService<IServiceDiscoveryHttpMessageHandlerFactory>();
        using var invoker = new HttpMessageInvoker(factory.CreateHandler(new Constant(answer)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://_grpc.auth/pkg.Service/Method");
        await invoker.SendAsync(request, CancellationToken.None);

        const int calls = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            // Completes at once, as everything in it does, so all of it runs on this thread.
            Assert.True(invoker.SendAsync(request, CancellationToken.None).IsCompletedSuccessfully);
        }

        var perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;

        // One task for the caller is what remains (72 bytes, 200 in a debug build); building the address costs 300 more, and
        // a string for the look-up 48.
        Assert.InRange(perCall, 0, 220);
    }

    private sealed class Constant(Task<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer;
    }

    private sealed class FirstFails : HttpMessageHandler
    {
        public List<int> Ports { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Ports.Add(request.RequestUri!.Port);
            return Task.FromResult(new HttpResponseMessage(Ports.Count == 1 ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        }
    }
}
