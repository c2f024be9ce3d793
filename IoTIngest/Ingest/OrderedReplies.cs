using System.Threading.Channels;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>
/// A bidirectional stream with one reply for each request, in order, though many requests are worked on at a time. When as many as may
/// be are under way, no further one is read, which HTTP/2 passes on to the sender.
/// </summary>
internal static class OrderedReplies
{
    private const int UnderWay = 64;

    /// <exception cref="RpcException">A request failed; the replies to all earlier ones were sent.</exception>
    public static async Task RunAsync<TRequest, TReply>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TReply> replies, Func<TRequest, Task<Result<TReply>>> answer, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = Channel.CreateBounded<Task<Result<TReply>>>(new BoundedChannelOptions(UnderWay) { SingleReader = true, SingleWriter = true });
        var reading = ReadAsync(requests, answer, pending.Writer, ended.Token);
        try
        {
            await foreach (var reply in pending.Reader.ReadAllAsync(cancellationToken))
                await replies.WriteAsync((await reply).OrThrow(), cancellationToken);
        }
        finally
        {
            // The reader may be waiting for a request, or for room that nobody will make any more.
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await reading;
    }

    private static async Task ReadAsync<TRequest, TReply>(
        IAsyncStreamReader<TRequest> requests, Func<TRequest, Task<Result<TReply>>> answer, ChannelWriter<Task<Result<TReply>>> pending, CancellationToken cancellationToken)
    {
        try
        {
            while (await requests.MoveNext(cancellationToken))
                await pending.WriteAsync(answer(requests.Current), cancellationToken);
        }
        finally
        {
            pending.Complete();
        }
    }
}
