using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace AiMesh.StandIns.Tests.Clients.Discovery;

/// <summary>Service discovery over a configuration that the test writes, with a client whose requests are recorded.</summary>
internal sealed class DiscoveryFixture : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public DiscoveryFixture(
        Dictionary<string, string?> configuration,
        Action<ServiceDiscoveryOptions>? options = null,
        Action<IServiceCollection>? services = null)
    {
        Configuration = new ConfigurationManager();
        Configuration.AddInMemoryCollection(configuration);
        var collection = new ServiceCollection();
        collection.AddSingleton<IConfiguration>(Configuration);
        collection.AddServiceDiscovery(options ?? (_ => { }));
        collection.AddHttpClient("").ConfigurePrimaryHttpMessageHandler(() => Handler).AddServiceDiscovery();
        services?.Invoke(collection);
        _services = collection.BuildServiceProvider();
        Client = _services.GetRequiredService<HttpClient>();
    }

    public ConfigurationManager Configuration { get; }

    public RecordingHandler Handler { get; } = new();

    public HttpClient Client { get; }

    public ServiceEndpointResolver Resolver => _services.GetRequiredService<ServiceEndpointResolver>();

    public IServiceProvider Services => _services;

    /// <summary>Sends a request and says where it went.</summary>
    public async Task<string> SendAsync(string uri)
    {
        using var response = await Client.GetAsync(new Uri(uri));
        return Handler.Requests[^1].AbsoluteUri;
    }

    /// <summary>Says where so many requests went, each place once.</summary>
    public async Task<string[]> SpreadAsync(string uri, int requests = 20)
    {
        var places = new List<string>();
        for (var i = 0; i < requests; i++)
        {
            places.Add(await SendAsync(uri));
        }

        return [.. places.Distinct().Order(StringComparer.Ordinal)];
    }

    public async Task<string[]> ResolveAsync(string name)
        => [.. (await Resolver.GetEndpointsAsync(name, CancellationToken.None)).Endpoints.Select(endpoint => endpoint.ToString()!)];

    /// <summary>Changes the configuration as a file that was saved does.</summary>
    public void Change(string key, string? value)
    {
        Configuration[key] = value;
        ((IConfigurationRoot)Configuration).Reload();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
