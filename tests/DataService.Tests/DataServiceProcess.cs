using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;
using Grpc.Net.Client;

namespace AiMesh.DataService.Tests;

/// <summary>DataService as a process of its own, which can be killed.</summary>
internal sealed class DataServiceProcess : IAsyncDisposable
{
    private readonly Process _process;

    private DataServiceProcess(Process process, GrpcChannel channel) => (_process, Channel) = (process, channel);

    public GrpcChannel Channel { get; }

    public static async Task<DataServiceProcess> StartAsync(string connectionString, TestAuthority authority, params string[] further)
    {
        var (http, grpc) = (Address(), Address());
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] settings =
        [
            $"ConnectionStrings:data-db={connectionString}", "Mesh:MasterKey=a master key for tests only", "Logging:LogLevel:Default=Warning",
            $"Kestrel:Endpoints:http:Url={http}", "Kestrel:Endpoints:http:Protocols=Http1", $"Kestrel:Endpoints:grpc:Url={grpc}", "Kestrel:Endpoints:grpc:Protocols=Http2",
            .. authority.Settings.Select(static setting => $"{setting.Key}={setting.Value}"), .. further,
        ];
        foreach (var argument in settings.Select(static setting => $"--{setting}").Prepend(typeof(Program).Assembly.Location).Append("--environment=Test")) start.ArgumentList.Add(argument);
        var service = new DataServiceProcess(Process.Start(start)!, GrpcChannel.ForAddress(grpc));
        service._process.OutputDataReceived += static (_, _) => { };
        service._process.BeginOutputReadLine();

        using var client = new HttpClient { BaseAddress = new Uri(http) };
        for (var patience = Stopwatch.StartNew(); !await IsHealthyAsync(client); await Task.Delay(100))
        {
            Assert.False(service._process.HasExited, "The service ended.");
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), "The service does not become healthy.");
        }

        return service;
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Address() => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");

    private static async Task<bool> IsHealthyAsync(HttpClient client)
    {
        try
        {
            return (await client.GetAsync("/health")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
