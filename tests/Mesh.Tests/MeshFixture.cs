using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Mesh.Tests.Telemetry;
using AiMesh.Testing;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace AiMesh.Mesh.Tests;

/// <summary>The whole mesh, started once as <c>dotnet run --project AppHost</c> would, on ports and data of its own.</summary>
public sealed class MeshFixture : IAsyncLifetime
{
    public const string DemoPassword = "Mesh-tests-2026!";

    private readonly ConcurrentDictionary<string, Task<string>> _tokens = new();
    private DistributedApplication? _app;
    private SpanReceiver? _spans;

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The mesh has not started.");

    /// <summary>What the mesh tells of its work.</summary>
    public SpanReceiver Spans => _spans ?? throw new InvalidOperationException("The mesh has not started.");

    /// <summary>The way to the search store "vectors" of DataService, at whose end nobody is until a test puts one there.</summary>
    public FaultyProxy SearchStoreLine { get; } = new();

    public Uri GatewayAddress => App.GetEndpoint("gateway", "http");

    public async Task InitializeAsync()
    {
        // One address asks for everybody here, so limits are out of the way; they have tests of their own. Services inherit the environment.
        foreach (var group in new[] { "Default", "Ai", "SignIn", "Ingest", "Address", "Tiers__Free", "Tiers__Professional" })
        {
            Environment.SetEnvironmentVariable($"Limits__{group}__PermitsPerSecond", "100000");
            Environment.SetEnvironmentVariable($"Limits__{group}__Burst", "100000");
        }

        // Spans leave within a moment; the default of five seconds is for production.
        Environment.SetEnvironmentVariable("OTEL_BSP_SCHEDULE_DELAY", "200");
        _spans = await SpanReceiver.StartAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AiMesh_AppHost>(
            [
                $"--Demo:Password={DemoPassword}", $"--OTEL_EXPORTER_OTLP_ENDPOINT={_spans.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",

                // Certificates of services are renewed every 15 s meanwhile, and nobody may notice.
                "--Certificates:Lifetime=00:00:30",
            ],
            patience.Token);

        // So few items are compared without the store that a test soon has more.
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(static service => service.Name == "data"))
            .WithEnvironment("Search__Stores__vectors__Provider", "chroma")
            .WithEnvironment("Search__Stores__vectors__Endpoint", FormattableString.Invariant($"http://127.0.0.1:{SearchStoreLine.Port}"))
            .WithEnvironment("Search__Stores__vectors__Retries", "0")
            .WithEnvironment("Search__MaxScan", "100");
        _app = await builder.BuildAsync(patience.Token);
        await _app.StartToHealthAsync(patience.Token);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_spans is not null)
            await _spans.DisposeAsync();
        await SearchStoreLine.DisposeAsync();
    }

    /// <summary>The process of a service, once it is healthy.</summary>
    public async Task<int> ProcessIdOfAsync(string service)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var healthy = await App.ResourceNotifications.WaitForResourceHealthyAsync(service, patience.Token);
        return (int)healthy.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;
    }

    /// <summary>An HTTP client of the gateway, signed in as <paramref name="user"/> of the demo (viewer, member, admin), or not at all.</summary>
    public async Task<HttpClient> ClientAsync(string? user)
    {
        var client = new HttpClient { BaseAddress = GatewayAddress, Timeout = TimeSpan.FromSeconds(60) };
        if (user is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(user));
        return client;
    }

    /// <summary>A gRPC channel through the gateway's one port, with the token of <paramref name="user"/> on every call.</summary>
    public async Task<GrpcChannel> ChannelAsync(string? user)
    {
        var token = user is null ? null : await TokenAsync(user);
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            if (token is not null)
                metadata.Add("Authorization", $"Bearer {token}");
            return Task.CompletedTask;
        });
        return GrpcChannel.ForAddress(GatewayAddress, new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, credentials),
            UnsafeUseInsecureChannelCallCredentials = true,
        });
    }

    public Task<string> TokenAsync(string user) => _tokens.GetOrAdd(user, async name =>
        (await LoginAsync($"{name}@demo.aimesh", DemoPassword))["accessToken"]!.GetValue<string>());

    public async Task<JsonNode> LoginAsync(string email, string password)
    {
        using var client = new HttpClient { BaseAddress = GatewayAddress };
        using var response = await client.PostAsJsonAsync("/api/auth/login", new { email, password });
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"Login as {email} answered {(int)response.StatusCode}: {body}");
        return JsonNode.Parse(body)!;
    }
}

[CollectionDefinition(Name)]
public sealed class MeshTests : ICollectionFixture<MeshFixture>
{
    public const string Name = "mesh";
}
