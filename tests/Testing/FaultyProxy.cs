using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AiMesh.Testing;

/// <summary>What happens to the connections through a <see cref="FaultyProxy"/>.</summary>
public enum Line
{
    /// <summary>Everything passes.</summary>
    Whole,

    /// <summary>Connections are reset, and new ones as soon as they are made.</summary>
    Cut,

    /// <summary>
    /// Nothing passes and nobody is told. Connections of that time stay dead when the line is whole again, as when a firewall in between
    /// has forgotten them: only who gives them up gets on.
    /// </summary>
    Silent,
}

/// <summary>A TCP proxy on 127.0.0.1 whose line can be cut.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private volatile Line _line;

    public FaultyProxy()
    {
        Port = FreePort.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Port of 127.0.0.1 where connections go. Until it is set they are reset.</summary>
    public int? TargetPort { get; set; }

    public Line Line
    {
        get => _line;
        set
        {
            _line = value;
            foreach (var connection in _connections.Keys)
            {
                if (value == Line.Silent)
                    connection.Silence();
                else if (value == Line.Cut)
                    connection.Reset();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections.Keys)
            connection.Reset();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var connection = new Connection(await _listener.AcceptSocketAsync(_stopping.Token));
                _connections[connection] = true;
                _ = ServeAsync(connection);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopping, or a client that was gone before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            if (_line == Line.Silent)
                connection.Silence();
            else if (_line == Line.Whole && TargetPort is { } port)
                await connection.ServeAsync(port);
            else
                connection.Reset();
            if (connection.IsSilent)
                await Task.Delay(Timeout.Infinite, _stopping.Token); // The client keeps what it takes for a connection.
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private sealed class Connection(Socket client) : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly CancellationTokenSource _pumping = new();
        private int _isReset;

        public bool IsSilent { get; private set; }

        public async Task ServeAsync(int port)
        {
            client.NoDelay = true;
            try
            {
                await _server.ConnectAsync(IPAddress.Loopback, port, _pumping.Token);
                await Task.WhenAll(PumpAsync(client, _server), PumpAsync(_server, client));
            }
            catch (OperationCanceledException)
            {
                // Silenced before it stood.
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                Reset(); // Nobody takes connections there, or the line was cut.
            }
        }

        public void Silence()
        {
            IsSilent = true;
            try
            {
                _pumping.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // Ended by itself in the same moment.
            }
        }

        /// <summary>Closes both ends with a reset instead of a farewell.</summary>
        public void Reset()
        {
            if (Interlocked.Exchange(ref _isReset, 1) == 1)
                return;
            foreach (var socket in new[] { client, _server })
            {
                try
                {
                    socket.LingerState = new LingerOption(true, 0);
                }
                catch (ObjectDisposedException)
                {
                    // Ended by itself in the same moment.
                }

                socket.Dispose();
            }
        }

        public void Dispose()
        {
            client.Dispose();
            _server.Dispose();
            _pumping.Dispose();
        }

        // An end that has said its last may still be listening: what the other one answers must arrive.
        private async Task PumpAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer, _pumping.Token) is var count and > 0)
                    await to.SendAsync(buffer.AsMemory(0, count), _pumping.Token);
                to.Shutdown(SocketShutdown.Send);
            }
            catch (OperationCanceledException)
            {
                // Silenced: neither end is told.
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                Reset(); // One end has gone without a farewell, or the line was cut: so must the other.
            }
        }
    }
}
