using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Contract = AiMesh.Auth.V1;

namespace AiMesh.AuthService.Tests;

/// <summary>AuthService as it is (its own Program, Kestrel on free ports), in this process, over a given database.</summary>
public sealed class AuthServiceHost : IAsyncDisposable
{
    public const string MasterKey = "a master key for tests only";

    private static readonly AsyncLocal<TaskCompletionSource<IHost>?> Building = new();
    private static readonly IDisposable Subscription = DiagnosticListener.AllListeners.Subscribe(new HostWatcher());

    private readonly IHost _host;
    private readonly Task _run;

    private AuthServiceHost(IHost host, Task run, int httpPort, int grpcPort)
    {
        (_host, _run) = (host, run);
        HttpAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}"));
        Http = new HttpClient { BaseAddress = HttpAddress };
        Channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
        Sessions = new Contract.Sessions.SessionsClient(Channel);
        Users = new Contract.Users.UsersClient(Channel);
        Roles = new Contract.Roles.RolesClient(Channel);
        Policies = new Contract.Policies.PoliciesClient(Channel);
        ApiKeys = new Contract.ApiKeys.ApiKeysClient(Channel);
        Clients = new Contract.Clients.ClientsClient(Channel);
        Privacy = new Contract.Privacy.PrivacyClient(Channel);
        Organisations = new Contract.Organisations.OrganisationsClient(Channel);
    }

    public Uri HttpAddress { get; }

    public HttpClient Http { get; }

    public GrpcChannel Channel { get; }

    public IServiceProvider Services => _host.Services;

    internal Contract.Sessions.SessionsClient Sessions { get; }

    internal Contract.Users.UsersClient Users { get; }

    internal Contract.Roles.RolesClient Roles { get; }

    internal Contract.Policies.PoliciesClient Policies { get; }

    internal Contract.ApiKeys.ApiKeysClient ApiKeys { get; }

    internal Contract.Clients.ClientsClient Clients { get; }

    internal Contract.Privacy.PrivacyClient Privacy { get; }

    internal Contract.Organisations.OrganisationsClient Organisations { get; }

    /// <summary>Starts the service.</summary>
    /// <param name="connectionString">Of a database whose user may create roles.</param>
    /// <param name="settings">Configuration in the form <c>Section:Key=value</c>, before the defaults.</param>
    public static async Task<AuthServiceHost> StartAsync(string connectionString, params IEnumerable<string> settings)
    {
        Assert.NotNull(Subscription);
        var (httpPort, grpcPort) = (FreePort.Next(), FreePort.Next());
        string[] arguments =
        [
            "--contentRoot", Path.Combine(RepositoryRoot, "AuthService"),
            "--environment", "Test",
            .. new[]
            {
                $"ConnectionStrings:auth-db={connectionString}",
                $"Mesh:MasterKey={MasterKey}",
                "Mesh:Certificate:Mode=None",
                string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:http:Url=http://127.0.0.1:{httpPort}"),
                string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:grpc:Url=http://127.0.0.1:{grpcPort}"),
                "Logging:LogLevel:Default=Warning",
            }.Concat(settings).Select(static setting => $"--{setting}"),
        ];

        var built = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        Building.Value = built;
        var run = Task.Factory.StartNew(
            () => typeof(Program).Assembly.EntryPoint!.Invoke(null, [arguments]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Building.Value = null;

        if (await Task.WhenAny(built.Task, run) == run) await run;
        var host = await built.Task;
        await host.UntilStartedAsync(run);
        return new AuthServiceHost(host, run, httpPort, grpcPort);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Channel.Dispose();
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _run;
    }

    /// <summary>Call options with an access token.</summary>
    internal static Metadata With(string accessToken) => new() { { "authorization", $"Bearer {accessToken}" } };

    private static string RepositoryRoot
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "AiMesh.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    /// <summary>The hosting library announces each host it builds; the async context tells which test it is for.</summary>
    private sealed class HostWatcher : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilt", Value: IHost host }) Building.Value?.TrySetResult(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
