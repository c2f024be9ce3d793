using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AiMesh.Testing;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace AiMesh.Mesh.Tests.Faults;

/// <summary>
/// A whole mesh of its own, in which PostgreSQL, Redis and AuthService are reached through proxies, so that lines can be cut; processes that are
/// killed are started again by the AppHost.
/// </summary>
public sealed partial class FaultMesh : IAsyncLifetime
{
    private const string Password = "Mesh-tests-2026!";
    private static readonly string[] Services = ["auth", "data", "ai", "iot", "gateway"];

    private readonly Dictionary<string, FaultyProxy> _proxies = new()
    {
        ["postgres"] = new FaultyProxy(),
        ["redis"] = new FaultyProxy(),
        ["auth:http"] = new FaultyProxy(),
        ["auth:grpc"] = new FaultyProxy(),
    };

    private DistributedApplication? _app;

    private DistributedApplication App => _app ?? throw new InvalidOperationException("The mesh has not started.");

    public Uri Gateway => App.GetEndpoint("gateway", "http");

    public async Task InitializeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        string[] groups = ["Default", "Ai", "SignIn", "Ingest", "Address", "Tiers:Free", "Tiers:Professional"];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AiMesh_AppHost>(
            [$"--Demo:Password={Password}", .. groups.SelectMany(static group => new[] { $"--Limits:{group}:PermitsPerSecond=100000", $"--Limits:{group}:Burst=100000" })],
            patience.Token);
        foreach (var service in builder.Resources.OfType<ProjectResource>().Where(static service => Services.Contains(service.Name)))
            builder.CreateResourceBuilder(service).WithEnvironment(RedirectAsync);
        _app = await builder.BuildAsync(patience.Token);
        await _app.StartToHealthAsync(patience.Token);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        foreach (var proxy in _proxies.Values)
            await proxy.DisposeAsync();
    }

    public HttpClient Client(string? token)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 512 }) { BaseAddress = Gateway, Timeout = TimeSpan.FromSeconds(90) };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<string> LoginAsync(string user)
    {
        using var client = Client(null);
        return (await client.PostAsync("/api/auth/login", LoginBody(user))).Ok().Text("accessToken");
    }

    public static string LoginBody(string user) =>
        new JsonObject { ["email"] = $"{user}@demo.aimesh", ["password"] = Password }.ToJsonString();

    /// <summary>Cuts the line to a resource, or mends it.</summary>
    public void SetLine(string resource, Line line)
    {
        foreach (var (name, proxy) in _proxies)
        {
            if (name.Split(':')[0] == resource)
                proxy.Line = line;
        }
    }

    public void Signal(string resource, string signal) => Processes.Signal(ProcessIdOf(resource), signal);

    /// <summary>Kills a resource, and comes back when what the AppHost started in its place takes connections.</summary>
    public async Task KillAsync(string resource)
    {
        var killed = ProcessIdOf(resource);
        Processes.Signal(killed, "KILL");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await App.ResourceNotifications.WaitForResourceAsync(
            resource, change => PidIn(change.Snapshot) is { } id && id != killed, patience.Token);
        foreach (var (_, proxy) in _proxies.Where(proxy => proxy.Key.Split(':')[0] == resource))
        {
            while (!await IsListeningAsync(proxy.TargetPort!.Value))
                await Task.Delay(20, patience.Token);
        }
    }

    private int ProcessIdOf(string resource) =>
        App.ResourceNotifications.TryGetCurrentState(resource, out var state) && PidIn(state.Snapshot) is { } id
            ? id
            : throw new InvalidOperationException($"{resource} has no process.");

    private static int? PidIn(CustomResourceSnapshot snapshot) =>
        snapshot.Properties.FirstOrDefault(static property => property.Name == "executable.pid")?.Value as int?;

    private static async Task<bool> IsListeningAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Runs after all other variables are there, and puts the ports of the proxies in the place of those that they lead to.</summary>
    private async Task RedirectAsync(EnvironmentCallbackContext context)
    {
        foreach (var (name, value) in context.EnvironmentVariables.ToList())
        {
            if (ProxyFor(name) is not { } proxy)
                continue;
            var text = value as string ?? await ((IValueProvider)value).GetValueAsync(context.CancellationToken) ?? "";
            context.EnvironmentVariables[name] = PortIn().Replace(
                text,
                match =>
                {
                    proxy.TargetPort = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
                    return string.Create(CultureInfo.InvariantCulture, $"{match.Groups["before"].Value}{proxy.Port}");
                },
                count: 1);
        }
    }

    private FaultyProxy? ProxyFor(string variable) => variable.ToUpperInvariant() switch
    {
        "CONNECTIONSTRINGS__REDIS" => _proxies["redis"],
        var name when name.StartsWith("CONNECTIONSTRINGS__", StringComparison.Ordinal) && name.EndsWith("-DB", StringComparison.Ordinal) => _proxies["postgres"],
        var name when name.StartsWith("SERVICES__AUTH__GRPC__", StringComparison.Ordinal) => _proxies["auth:grpc"],
        var name when name.StartsWith("SERVICES__AUTH__HTTP", StringComparison.Ordinal) => _proxies["auth:http"],
        _ => null,
    };

    /// <summary>"Port=5432", "localhost:6379,password=…", "https://localhost:5001".</summary>
    [GeneratedRegex(@"(?<before>(?:Port=|localhost:|127\.0\.0\.1:))(?<port>\d+)")]
    private static partial Regex PortIn();
}

/// <summary>Alone: what else runs at the same time would be measured as well.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultMeshTests : ICollectionFixture<FaultMesh>
{
    public const string Name = "faults";
}
