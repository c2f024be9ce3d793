using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AiMesh.Gateway.Tests.Resilience;

/// <summary>
/// A server that reads each request and breaks off at the beginning of its answer, as one does that dies at work. (After nothing at all
/// .NET's own client repeats a GET up to three times on a new connection.)
/// </summary>
internal sealed class BreakingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, AiMesh.Testing.FreePort.Next());
    private readonly Task _accepting;
    private int _requests;

    public BreakingServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://{_listener.LocalEndpoint}"));

    /// <summary>Requests other than probes.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            using var connection = await _listener.AcceptSocketAsync();
            var length = await connection.ReceiveAsync(buffer);
            if (length > 0 && !buffer.AsSpan(0, length).StartsWith("GET /alive"u8))
                Interlocked.Increment(ref _requests);
            await connection.SendAsync("HTTP/1.1 2"u8.ToArray());
        }
    }
}
