using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Endpoints;

/// <summary>The one fixed port in front of several replicas: connections go to them in turn, past those that do not answer.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly EndpointAnnotation _endpoint;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private int _turn = -1;

    private TcpProxy(EndpointAnnotation endpoint, int port)
    {
        _endpoint = endpoint;
        _listener = new TcpListener(endpoint.TargetHost is "0.0.0.0" or "*" or "+" ? IPAddress.Any : IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Starts a proxy for the endpoint if it needs one, else returns null.</summary>
    public static TcpProxy? StartIfNeeded(EndpointAnnotation endpoint) =>
        endpoint.AllocatedEndpoint is { } front && !endpoint.ReplicaPorts.Contains(front.Port) ? new TcpProxy(endpoint, front.Port) : null;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopping; or a client that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        using (var replica = await ConnectAsync())
        {
            // Closing the client's connection at once is what it would see from a server that is down.
            if (replica is null)
                return;

            client.NoDelay = replica.NoDelay = true;
            await Task.WhenAny(Task.WhenAll(CopyAsync(client, replica), CopyAsync(replica, client)), Task.Delay(Timeout.Infinite, _stopping.Token));
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        var ports = _endpoint.ReplicaPorts;
        for (var attempt = 0; attempt < ports.Count; attempt++)
        {
            var turn = (uint)Interlocked.Increment(ref _turn) % (uint)ports.Count;
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, ports[(int)turn], _stopping.Token);
                return socket;
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stopping.Token) is var count and > 0)
            {
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stopping.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone: so must the other be.
            from.Close();
            to.Close();
        }
    }
}
