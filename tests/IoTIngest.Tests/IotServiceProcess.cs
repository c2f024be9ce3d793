using System.Diagnostics;
using AiMesh.Testing;
using Grpc.Net.Client;

namespace AiMesh.IoTIngest.Tests;

/// <summary>IoTIngest as a process of its own, which can be killed.</summary>
internal sealed class IotServiceProcess : IAsyncDisposable
{
    private readonly Process _process;

    private IotServiceProcess(Process process, ServicePorts ports)
    {
        (_process, Ports) = (process, ports);
        Channel = GrpcChannel.ForAddress(ports.GrpcAddress);
    }

    public ServicePorts Ports { get; }

    public GrpcChannel Channel { get; }

    public static async Task<IotServiceProcess> StartAsync(string connectionString, TestAuthority authority)
    {
        var ports = ServicePorts.Next();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { typeof(Program).Assembly.Location }.Concat(ports.Arguments(connectionString, authority, [])))
            start.ArgumentList.Add(argument);
        var service = new IotServiceProcess(Process.Start(start)!, ports);
        service._process.OutputDataReceived += static (_, _) => { };
        service._process.BeginOutputReadLine();

        using var http = new HttpClient { BaseAddress = ports.HttpAddress };
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(service._process.HasExited, "The service ended.");
                try
                {
                    return (await http.GetAsync("/health")).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60));
        return service;
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
