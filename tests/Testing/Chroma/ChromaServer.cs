using System.Diagnostics;
using System.Globalization;
using System.Net;
using Aspire.Hosting.Processes;

namespace AiMesh.Testing;

/// <summary>Chroma's own server, the native part of npm chromadb, as a process of its own with an empty store.</summary>
public sealed class ChromaServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Chroma");
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    private readonly ChildProcess _process;
    private readonly string _data;

    private ChromaServer(ChildProcess process, int port, string data) =>
        (_process, Address, _data) = (process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), data);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public static async Task<ChromaServer> StartAsync()
    {
        TestLevel.DemandServers();
        await Installed.Value;
        var (port, data) = (FreePort.Next(), Directory.CreateTempSubdirectory("aimesh-chroma").FullName);
        var process = ChildProcess.Start(
            new ChildProcessOptions("node", ["-e", string.Create(CultureInfo.InvariantCulture, $"require('chromadb-js-bindings-linux-x64-gnu').cli(['chroma', 'run', '--path', '{data}', '--host', '127.0.0.1', '--port', '{port}'])")])
            {
                WorkingDirectory = Folder,
            },
            static (_, _) => { });
        var server = new ChromaServer(process, port, data);
        using var client = new HttpClient { BaseAddress = server.Address };
        for (var waited = Stopwatch.StartNew(); !await IsReadyAsync(client); await Task.Delay(100))
        {
            if (waited.Elapsed < Patience && !process.Exited.IsCompleted) continue;
            await server.DisposeAsync();
            throw new InvalidOperationException("Chroma did not start.");
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/api/v2/heartbeat", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task InstallAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await ChildProcess.RunAsync(new ChildProcessOptions("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder }, patience.Token);
    }
}
