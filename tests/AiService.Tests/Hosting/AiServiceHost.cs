using System.Diagnostics;
using System.Globalization;
using AiMesh.Ai.V1;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>AiService as it is (its own Program, Kestrel on free ports), in this process, over a given database.</summary>
public sealed class AiServiceHost : IAsyncDisposable
{
    private static readonly AsyncLocal<Start?> Building = new();
    private static readonly IDisposable Subscription = DiagnosticListener.AllListeners.Subscribe(new HostWatcher());

    private readonly IHost _host;
    private readonly Task _run;

    private AiServiceHost(IHost host, Task run, LogCapture logs, int httpPort, int grpcPort)
    {
        (_host, _run, Logs) = (host, run, logs);
        Http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}")) };
        Channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
        Assistant = new Assistant.AssistantClient(Channel);
        Chat = new Ai.V1.Chat.ChatClient(Channel);
        Models = new Ai.V1.Models.ModelsClient(Channel);
        Usage = new UsageReports.UsageReportsClient(Channel);
    }

    public HttpClient Http { get; }

    public GrpcChannel Channel { get; }

    public Assistant.AssistantClient Assistant { get; }

    public Ai.V1.Chat.ChatClient Chat { get; }

    public Ai.V1.Models.ModelsClient Models { get; }

    public UsageReports.UsageReportsClient Usage { get; }

    public IServiceProvider Services => _host.Services;

    /// <summary>Everything it logs, in full.</summary>
    public LogCapture Logs { get; }

    /// <summary>Starts the service.</summary>
    /// <param name="connectionString">Of a database whose user may create roles.</param>
    /// <param name="settings">Configuration, by <c>Section:Key</c>.</param>
    public static async Task<AiServiceHost> StartAsync(string connectionString, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        Assert.NotNull(Subscription);
        var (httpPort, grpcPort) = (FreePort.Next(), FreePort.Next());
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:ai-db"] = connectionString,
            ["Kestrel:Endpoints:http:Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}"),
            ["Kestrel:Endpoints:grpc:Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"),
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
            ["Logging:LogLevel:System.Net.Http"] = "Trace",
            ["Logging:LogLevel:Npgsql"] = "Trace",
            ["Logging:Console:LogLevel:Default"] = "Error",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        string[] arguments = ["--contentRoot", Path.Combine(RepositoryRoot, "AiService"), "--environment", "Test", .. all.Select(s => $"--{s.Key}={s.Value}")];

        var start = Building.Value = new Start();
        var run = Task.Factory.StartNew(
            () => typeof(Program).Assembly.EntryPoint!.Invoke(null, [arguments]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Building.Value = null;

        if (await Task.WhenAny(start.Built.Task, run) == run) await run;
        var host = await start.Built.Task;
        await host.UntilStartedAsync(run);
        return new AiServiceHost(host, run, start.Logs, httpPort, grpcPort);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Channel.Dispose();
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _run;
        Logs.Dispose();
    }

    public static Metadata With(string accessToken) => new() { { "authorization", $"Bearer {accessToken}" } };

    private static string RepositoryRoot
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "AiMesh.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    private sealed class Start
    {
        public TaskCompletionSource<IHost> Built { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LogCapture Logs { get; } = new();
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
            if (value is not { Key: "HostBuilt", Value: IHost host } || Building.Value is not { } start) return;
            host.Services.GetRequiredService<ILoggerFactory>().AddProvider(start.Logs);
            start.Built.TrySetResult(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
