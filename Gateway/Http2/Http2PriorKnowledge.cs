using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AiMesh.Gateway.Http2;

/// <summary>
/// Lets HTTP/1.1 and cleartext HTTP/2 (gRPC clients without TLS) share one port. Kestrel picks the protocol of a cleartext
/// endpoint from configuration, so a connection that opens with the HTTP/2 preface
/// (https://www.rfc-editor.org/rfc/rfc9113#section-3.4) is handed to a second, HTTP/2-only endpoint that has no socket of its own.
/// </summary>
internal static class Http2PriorKnowledge
{
    /// <summary>How long an opening that has begun may take; Kestrel's own clock starts only after it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public static void AddHttp2PriorKnowledge(this WebApplicationBuilder builder)
    {
        var listener = new HandoverListener();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new HandoverListenerFactory(listener));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // With TLS the client says in ALPN what it speaks; then Kestrel itself serves both on one port.
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (endpoint.EndPoint is not HandoverEndPoint)
                    endpoint.Use(next => connection => DispatchAsync(connection, listener, kestrel.Limits.KeepAliveTimeout, next));
            });
            kestrel.Listen(HandoverEndPoint.Instance, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
    }

    /// <param name="connection">A new connection.</param>
    /// <param name="listener">Takes those of HTTP/2.</param>
    /// <param name="idle">How long it may say nothing at all: clients open connections ahead of need, and must not lose one as they begin to use it.</param>
    /// <param name="next">Takes those of HTTP/1.1.</param>
    private static async Task DispatchAsync(ConnectionContext connection, HandoverListener listener, TimeSpan idle, ConnectionDelegate next)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(idle);
        if (await StartsWithPrefaceAsync(connection.Transport.Input, patience) is not { } isPreface)
            connection.Abort();
        else if (isPreface)
            await listener.HandOverAsync(connection);
        else
            await next(connection);
    }

    /// <summary>Looks at the first bytes and leaves all of them unread. One differing byte is enough to know. Null when none came in time.</summary>
    private static async ValueTask<bool?> StartsWithPrefaceAsync(PipeReader input, CancellationTokenSource patience)
    {
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var result = await input.ReadAsync(patience.Token);
                if (isFirst) patience.CancelAfter(Patience);
                var decided = Compare(result.Buffer, out var isPreface) || result.IsCompleted;
                // Looked at everything: the next read waits for more. Decided: it returns at once with what is there.
                input.AdvanceTo(result.Buffer.Start, decided ? result.Buffer.Start : result.Buffer.End);
                if (decided)
                    return isPreface;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return null; // The connection went away, or never said what it wants.
        }
    }

    private static bool Compare(ReadOnlySequence<byte> buffer, out bool isPreface)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(start);
        var matches = start[..length].SequenceEqual(Preface[..length]);
        isPreface = matches && length == Preface.Length;
        return isPreface || !matches;
    }
}
