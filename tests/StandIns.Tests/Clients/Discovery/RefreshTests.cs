using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace AiMesh.StandIns.Tests.Clients.Discovery;

public sealed class RefreshTests
{
    [Fact]
    public async Task Send_AfterConfigurationChanged_GoesToTheNewEndpoint()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1001" });
        Assert.Equal("http://localhost:1001/", await discovery.SendAsync("http://auth"));

        discovery.Change("Services:auth:http:0", "http://localhost:1002");

        Assert.Equal("http://localhost:1002/", await discovery.SendAsync("http://auth"));
    }

    [Fact]
    public async Task Send_AfterBadConfiguration_KeepsTheLastEndpointsUntilItIsMended()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1001" });
        await discovery.SendAsync("http://auth");

        discovery.Change("Services:auth:http:0", "http://not an address");
        Assert.Equal("http://localhost:1001/", await discovery.SendAsync("http://auth"));

        discovery.Change("Services:auth:http:0", "http://localhost:1003");
        Assert.Equal("http://localhost:1003/", await discovery.SendAsync("http://auth"));
    }

    [Fact]
    public async Task ChangeToken_OfEndpoints_FiresWithTheConfiguration()
    {
        await using var discovery = new DiscoveryFixture(new() { ["Services:auth:http:0"] = "http://localhost:1001" });
        var source = await discovery.Resolver.GetEndpointsAsync("http://auth", CancellationToken.None);
        var fired = false;
        using var registration = source.ChangeToken.RegisterChangeCallback(_ => fired = true, null);

        discovery.Change("Services:auth:http:0", "http://localhost:1002");

        Assert.True(fired);
    }

    [Fact]
    public async Task Send_WithProviderThatAnnouncesNothing_AsksAgainAfterTheRefreshPeriod()
    {
        var time = new SteppedTime();
        var provider = new CountingProvider();
        await using var discovery = new DiscoveryFixture(
            [],
            options => options.RefreshPeriod = TimeSpan.FromSeconds(60),
            services => services
                .AddSingleton<TimeProvider>(time)
                .AddSingleton<IServiceEndpointProviderFactory>(provider));

        Assert.Equal("http://10.0.0.1/", await discovery.SendAsync("http://auth"));
        time.Now += TimeSpan.FromSeconds(59);
        Assert.Equal("http://10.0.0.1/", await discovery.SendAsync("http://auth"));
        time.Now += TimeSpan.FromSeconds(2);
        Assert.Equal("http://10.0.0.2/", await discovery.SendAsync("http://auth"));
    }

    [Fact]
    public async Task Send_ManyAtOnceToANewService_AsksTheProviderOnce()
    {
        var provider = new CountingProvider { Delay = TimeSpan.FromMilliseconds(50) };
        await using var discovery = new DiscoveryFixture([], services: services => services.AddSingleton<IServiceEndpointProviderFactory>(provider));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => discovery.SendAsync("http://auth")));

        Assert.Equal(1, provider.Calls);
    }

    /// <summary>Gives 10.0.0.1 the first time, 10.0.0.2 the second, and so on; its results carry no change token.</summary>
    private sealed class CountingProvider : IServiceEndpointProviderFactory, IServiceEndpointProvider
    {
        private int _calls;

        public int Calls => _calls;

        public TimeSpan Delay { get; init; }

        public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
        {
            provider = this;
            return true;
        }

        public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            // The configuration provider was asked before, and its token never fires here.
            Assert.Empty(endpoints.Endpoints);
            var call = Interlocked.Increment(ref _calls);
            await Task.Delay(Delay, cancellationToken);
            endpoints.Endpoints.Add(ServiceEndpoint.Create(new IPEndPoint(new IPAddress([10, 0, 0, (byte)call]), 0)));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
