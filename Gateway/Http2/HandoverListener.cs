using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace AiMesh.Gateway.Http2;

/// <summary>The address of the endpoint that gets its connections from another endpoint instead of a socket.</summary>
internal sealed class HandoverEndPoint : EndPoint
{
    public static readonly HandoverEndPoint Instance = new();

    public override string ToString() => "http2-prior-knowledge";
}

internal sealed class HandoverListenerFactory(HandoverListener listener) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(listener);
}

/// <summary>A listener whose connections are handed to it. The giver keeps the socket open until the taker is done.</summary>
internal sealed class HandoverListener : IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint => HandoverEndPoint.Instance;

    /// <summary>Completes when the other endpoint has finished with the connection; at once when it is unbound.</summary>
    public async Task HandOverAsync(ConnectionContext connection)
    {
        var handedOver = new HandedOverConnection(connection);
        if (_connections.Writer.TryWrite(handedOver))
            await handedOver.Finished;
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken) && _connections.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _connections.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
