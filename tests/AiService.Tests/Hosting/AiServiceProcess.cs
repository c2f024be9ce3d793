using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;
using Grpc.Net.Client;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>AiService as a process of its own, which can be killed.</summary>
internal sealed class AiServiceProcess : IAsyncDisposable
{
    private readonly Process _process;

    private AiServiceProcess(Process process, int grpcPort)
    {
        _process = process;
        Channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
    }

    public GrpcChannel Channel { get; }

    public static async Task<AiServiceProcess> StartAsync(AiFixture fixture, params IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var (httpPort, grpcPort) = (FreePort.Next(), FreePort.Next());
        var all = fixture.Settings(
        [
            new("ConnectionStrings:ai-db", fixture.Database.ConnectionString),
            new("Kestrel:Endpoints:http:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}")),
            new("Kestrel:Endpoints:grpc:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}")),
            .. settings,
        ]);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] arguments = [typeof(Program).Assembly.Location, "--environment", "Test", .. all.Select(s => $"--{s.Key}={s.Value}")];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var service = new AiServiceProcess(Process.Start(start)!, grpcPort);
        service._process.OutputDataReceived += static (_, _) => { };
        service._process.BeginOutputReadLine();

        using var http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}")) };
        await Eventually.GetAsync(async () =>
        {
            Assert.False(service._process.HasExited, "The service ended.");
            try
            {
                using var response = await http.GetAsync(new Uri("/health", UriKind.Relative));
                return response.IsSuccessStatusCode ? "healthy" : null;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        });
        return service;
    }

    /// <summary>SIGKILL: no handler runs, nothing is written.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }
}
