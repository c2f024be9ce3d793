using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.IoTIngest.Tests;

/// <summary>IoTIngest as it is (its own Program, Kestrel on free ports), in this process, over a given database and authority.</summary>
public sealed class IotServiceHost : IAsyncDisposable
{
    private static readonly AsyncLocal<TaskCompletionSource<IHost>?> Announced = new();
    private static readonly IDisposable Watch = DiagnosticListener.AllListeners.Subscribe(new HostWatcher());

    private readonly IHost _host;
    private readonly Task _run;

    private IotServiceHost(IHost host, Task run, ServicePorts ports)
    {
        (_host, _run, Ports) = (host, run, ports);
        Channel = GrpcChannel.ForAddress(ports.GrpcAddress);
        Http = new HttpClient { BaseAddress = ports.HttpAddress };
    }

    public ServicePorts Ports { get; }

    public GrpcChannel Channel { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _host.Services;

    /// <summary>Starts the service.</summary>
    /// <param name="connectionString">Of a database whose user may create roles.</param>
    /// <param name="authority">Whose tokens it believes.</param>
    /// <param name="settings">Further configuration in the form <c>Section:Key=value</c>.</param>
    public static async Task<IotServiceHost> StartAsync(string connectionString, TestAuthority authority, params IEnumerable<string> settings)
    {
        Assert.NotNull(Watch);
        var ports = ServicePorts.Next();
        string[] arguments = [.. ports.Arguments(connectionString, authority, settings)];
        var announced = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        Announced.Value = announced;
        var run = Task.Factory.StartNew(
            () => typeof(Program).Assembly.EntryPoint!.Invoke(null, [arguments]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Announced.Value = null;
        if (await Task.WhenAny(announced.Task, run) == run)
            await run;

        var host = await announced.Task;
        await host.UntilStartedAsync(run);
        return new IotServiceHost(host, run, ports);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _run;
    }

    /// <summary>The hosting library announces every host it builds; the flow of the test that builds it tells whose it is.</summary>
    private sealed class HostWatcher : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
                value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilt", Value: IHost host })
                Announced.Value?.TrySetResult(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
