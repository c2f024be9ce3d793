using System.Diagnostics;
using System.Globalization;
using AiMesh.Testing;

namespace AiMesh.Bench.Servers;

/// <summary>A server of a scenario in a process of its own, so that neither side pays for the other's garbage.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<ServerProcess> StartAsync(string server, params string[] settings)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. HostArguments(), "serve", server, address.ToString(), .. settings])
        {
            RedirectStandardOutput = true, // It writes "ready" and nothing else.
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"The server {server} did not start.");
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (line != BenchServers.ReadyLine)
            throw new InvalidOperationException($"The server {server} said '{line}' instead of being ready.");
        return new ServerProcess(process, address);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Under `dotnet AiMesh.Bench.dll` the process is dotnet and needs the assembly named.</summary>
    private static string[] HostArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(ServerProcess).Assembly.Location] : [];
}
