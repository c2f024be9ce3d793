using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace AiMesh.StandIns.Tests.Aspire;

/// <summary>The sample AppHost inside the test process, changed as the test wants it.</summary>
internal sealed class SampleApplication : IAsyncDisposable
{
    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(90));

    private SampleApplication(IDistributedApplicationTestingBuilder builder, DistributedApplication app)
    {
        _builder = builder;
        App = app;
    }

    public DistributedApplication App { get; }

    public ResourceNotificationService Notifications => App.ResourceNotifications;

    /// <summary>Ends a wait that takes too long.</summary>
    public CancellationToken Patience => _patience.Token;

    public static async Task<SampleApplication> StartAsync(
        string[] arguments, Action<IDistributedApplicationBuilder>? change = null)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(arguments);
        change?.Invoke(builder);
        var sample = new SampleApplication(builder, await builder.BuildAsync());
        await sample.App.StartAsync(sample.Patience);
        return sample;
    }

    public Task<ResourceEvent> HealthyAsync(string resource) => Notifications.WaitForResourceHealthyAsync(resource, Patience);

    /// <summary>The variables of the service's process, as it sees them.</summary>
    public async Task<Dictionary<string, string>> EnvironmentOfAsync(string service)
    {
        using var client = App.CreateHttpClient(service);
        return (await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", Patience))!;
    }

    /// <summary>The id of the service's process, over a connection of its own.</summary>
    public async Task<int> ProcessIdOfAsync(string service)
    {
        using var client = App.CreateHttpClient(service);
        return await client.GetFromJsonAsync<int>("/", Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _builder.DisposeAsync();
        _patience.Dispose();
    }
}
