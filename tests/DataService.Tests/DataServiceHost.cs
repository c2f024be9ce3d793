using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.DataService.Tests;

/// <summary>DataService as it is (its own Program, Kestrel on free ports), in this process, over a given database and authority.</summary>
public sealed class DataServiceHost : IAsyncDisposable
{
    private static readonly AsyncLocal<Announcement?> Announced = new();
    private static readonly IDisposable Watch = DiagnosticListener.AllListeners.Subscribe(new HostWatcher());

    private readonly Task _run;

    private DataServiceHost(IHost host, Task run, int httpPort, int grpcPort)
    {
        (Host, _run) = (host, run);
        HttpAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}"));
        Channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
    }

    public IHost Host { get; }

    public Uri HttpAddress { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Starts the service.</summary>
    /// <param name="connectionString">Of a database whose user may create roles.</param>
    /// <param name="authority">Whose tokens it believes.</param>
    /// <param name="settings">Further configuration in the form <c>Section:Key=value</c>.</param>
    public static Task<DataServiceHost> StartAsync(string connectionString, TestAuthority authority, params IEnumerable<string> settings) =>
        StartAsync(connectionString, authority, static _ => { }, settings);

    /// <summary>Starts the service with what it takes from outside (the clock) exchanged.</summary>
    public static async Task<DataServiceHost> StartAsync(string connectionString, TestAuthority authority, Action<IServiceCollection> configure, IEnumerable<string> settings)
    {
        Assert.NotNull(Watch);
        var (httpPort, grpcPort) = (FreePort.Next(), FreePort.Next());
        string[] arguments =
        [
            "--contentRoot", Path.Combine(RepositoryRoot(), "DataService"),
            "--environment", "Test",
            .. new[]
            {
                $"ConnectionStrings:data-db={connectionString}",
                "Mesh:MasterKey=a master key for tests only",
                string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:http:Url=http://127.0.0.1:{httpPort}"),
                string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:grpc:Url=http://127.0.0.1:{grpcPort}"),
                "Logging:LogLevel:Default=Warning",
            }.Concat(authority.Settings.Select(static s => $"{s.Key}={s.Value}")).Concat(settings).Select(static setting => $"--{setting}"),
        ];

        var announced = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        Announced.Value = new Announcement(announced, configure);
        var run = Task.Factory.StartNew(
            () => typeof(Program).Assembly.EntryPoint!.Invoke(null, [arguments]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Announced.Value = null;
        if (await Task.WhenAny(announced.Task, run) == run) await run;
        var host = await announced.Task;
        await host.UntilStartedAsync(run);
        return new DataServiceHost(host, run, httpPort, grpcPort);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _run;
    }

    internal static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiMesh.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    private sealed record Announcement(TaskCompletionSource<IHost> Built, Action<IServiceCollection> Configure);

    /// <summary>The hosting library announces every host it builds; the flow of the test that builds it tells whose it is.</summary>
    private sealed class HostWatcher : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder builder } && Announced.Value is { } announcement) builder.ConfigureServices(announcement.Configure);
            if (value is { Key: "HostBuilt", Value: IHost host }) Announced.Value?.Built.TrySetResult(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
