using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AiMesh.DataService.Tests.Caching;

/// <summary>A line between two parties that can be cut, and goes silent without a word, or mended.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile bool _isCut;

    public TcpRelay(string target)
    {
        (_host, _port) = (target.Split(':')[0], int.Parse(target.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public void Cut() => _isCut = true;

    /// <summary>New connections go through again; old ones are ended.</summary>
    public void Mend()
    {
        _isCut = false;
        foreach (var client in _clients) client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var client in _clients) client.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var incoming = await _listener.AcceptTcpClientAsync(_stop.Token);
                _clients.Add(incoming);
                _ = ServeAsync(incoming);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient incoming)
    {
        try
        {
            var outgoing = new TcpClient();
            _clients.Add(outgoing);
            await outgoing.ConnectAsync(_host, _port, _stop.Token);
            await Task.WhenAny(PumpAsync(incoming, outgoing), PumpAsync(outgoing, incoming));
            if (!_isCut) outgoing.Dispose();
            if (!_isCut) incoming.Dispose();
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            incoming.Dispose();
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var count)
            {
                if (!_isCut) await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has gone; the other is told by the end of its connection.
        }
    }
}
