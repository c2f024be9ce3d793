using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using AiMesh.Auth.V1;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>Two organisations, everybody who calls on behalf of the first one, and all ways in.</summary>
public sealed class MatrixWorld(MeshFixture mesh) : IAsyncLifetime
{
    private readonly Dictionary<string, GrpcChannel> _services = [];
    private GrpcChannel? _gateway;

    internal Tenant Own { get; private set; } = null!;

    internal Tenant Other { get; private set; } = null!;

    /// <summary>By the columns of who-may-call.md.</summary>
    internal IReadOnlyDictionary<string, Caller> Callers { get; private set; } = null!;

    internal HttpClient Rest { get; } = new() { BaseAddress = mesh.GatewayAddress, Timeout = Timeout.InfiniteTimeSpan };

    public async Task InitializeAsync()
    {
        // Before anything is furnished, so that the key's one dataset exists when scopes are chosen.
        Own = await Tenant.CreateAsync(mesh);
        Other = await Tenant.CreateAsync(mesh);
        foreach (var role in new[] { "viewer", "member" })
            await Own.CreateUserAsync(role, role);
        var client = await Own.CreateClientAsync("member", "iot:*");
        Callers = new[]
        {
            new Caller("anonymous"),
            Caller.WithToken("viewer", await Own.LoginAsync("viewer")),
            Caller.WithToken("member", await Own.LoginAsync("member")),
            Caller.WithToken("admin", Own.AdminToken),
            Caller.WithDevice("device", Own.DeviceCredential),
            Caller.WithKey("key", (await Own.CreateKeyAsync(["data:list", $"data:read:{Own.Kept.Dataset}"])).Secret),
            Caller.WithToken("client", await Own.ClientTokenAsync(client.Id, client.Secret)),
        }.ToDictionary(static caller => caller.Name);

        _gateway = GrpcChannel.ForAddress(mesh.GatewayAddress);
        foreach (var service in new[] { "auth", "data", "ai", "iot" })
            _services[service] = GrpcChannel.ForAddress(mesh.App.GetEndpoint(service, "grpc"), new GrpcChannelOptions { HttpClient = AsTheGateway(), DisposeHttpClient = true });
    }

    public Task DisposeAsync()
    {
        Rest.Dispose();
        _gateway?.Dispose();
        foreach (var channel in _services.Values)
            channel.Dispose();
        Own?.Dispose();
        Other?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Every way to make a call: each REST route, gRPC at the gateway, and gRPC at the service as if one were the gateway.</summary>
    internal IEnumerable<Door> DoorsTo(ContractCall call) =>
    [
        .. call.Routes.Select(route => new RestDoor(call, route, Rest)),
        new RpcDoor(call, "rpc", _gateway!),
        .. _services.Where(service => service.Key == call.Service || (call.IsAmongServices && service.Key != "auth")).Select(service => new RpcDoor(call, "service", service.Value)),
    ];

    /// <summary>Sign-out ends the session that it is called with, so each such call gets a session of its own.</summary>
    internal async Task<Caller> ReadyAsync(Caller caller, ContractCall call) => call.Name == "auth.Sessions/Logout" && caller.Name is "viewer" or "member" or "admin"
        ? Caller.WithToken(caller.Name, await Own.LoginAsync(caller.Name))
        : caller;

    /// <summary>The access token that AuthService gives the gateway for an API key.</summary>
    internal async Task<string> ExchangeAsync(string key) =>
        (await new ApiKeys.ApiKeysClient(_services["auth"]).ExchangeApiKeyAsync(new ExchangeApiKeyRequest { Key = key })).AccessToken;

    /// <summary>The certificate is read for each connection, because it is renewed under these tests.</summary>
    private HttpClient AsTheGateway()
    {
        var folder = Path.Combine(mesh.App.Services.GetRequiredService<IAspireStore>().BasePath, "certificates", "services", "gateway");
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, PooledConnectionLifetime = TimeSpan.FromSeconds(10) };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => X509Certificate2.CreateFromPemFile(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key")),
        };
        return new HttpClient(handler);
    }
}
