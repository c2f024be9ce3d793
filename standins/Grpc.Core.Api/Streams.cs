namespace Grpc.Core;

/// <summary>Messages that arrive one by one.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message the last <see cref="MoveNext"/> found.</summary>
    T Current { get; }

    /// <summary>Waits for the next message; false at the end. Only one read at a time.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Messages that leave one by one. Only one write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options for the next writes, kept until they are set anew; null for the defaults.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes a message; the token gives up the write.</summary>
    /// <exception cref="NotSupportedException">The writer cannot give up a write and the token can be cancelled.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("Cancellation of stream writes is not supported by this gRPC implementation.")
        : WriteAsync(message);
}

/// <summary>Requests of a client-streaming or duplex call.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Ends the requests; nothing can be written afterwards.</summary>
    Task CompleteAsync();
}

/// <summary>Responses of a server-streaming or duplex call. They end when the handler returns.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}

/// <summary>Shorter forms for readers.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Waits for the next message without a token.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }
}
