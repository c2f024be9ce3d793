using System.Diagnostics;
using System.Threading.Channels;
using AiMesh.Data.V1;
using Grpc.Core;
using Change = AiMesh.Data.V1.WatchItemsResponse.Types.Change;

namespace AiMesh.DataService.Tests.Events;

/// <summary>Somebody who watches a dataset, with everything that they were told.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<WatchItemsResponse> _messages = Channel.CreateUnbounded<WatchItemsResponse>();
    private readonly AsyncServerStreamingCall<WatchItemsResponse> _call;
    private readonly Task _reading;

    private Watcher(Caller caller, string dataset, string filter, string resumeToken)
    {
        _call = caller.Items.WatchItems(new WatchItemsRequest { Dataset = dataset, Filter = filter, ResumeToken = resumeToken }, caller.Options.WithCancellationToken(_stop.Token));
        _reading = ReadAsync();
    }

    public string ResumeToken { get; private set; } = "";

    /// <summary>Watches, and has caught up when this ends. A resumed watch is not waited for: what it has missed is for the test to take.</summary>
    public static async Task<Watcher> StartAsync(Caller caller, string dataset, string filter = "", string resumeToken = "")
    {
        var watcher = new Watcher(caller, dataset, filter, resumeToken);
        if (resumeToken.Length == 0) Assert.Equal(Change.CaughtUp, (await watcher.TakeAsync()).Change);
        return watcher;
    }

    /// <summary>The next message of any kind.</summary>
    public async Task<WatchItemsResponse> TakeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var message = await _messages.Reader.ReadAsync(patience.Token);
        ResumeToken = message.ResumeToken;
        return message;
    }

    /// <summary>The next change as "CREATED id".</summary>
    public async Task<string> NextAsync()
    {
        // A watch that tells of nothing else still says that it lives.
        for (var silence = Stopwatch.StartNew(); ; Assert.True(silence.Elapsed < Patience, "Nothing is told."))
        {
            var message = await TakeAsync();
            if (message.Change == Change.CaughtUp) continue;
            return message.Item is { } item ? $"{message.Change} {item.Name.Split('/')[^1]}" : message.Change.ToString();
        }
    }

    /// <summary>The failure with which the stream ends.</summary>
    public async Task<RpcException> EndAsync()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true) await _messages.Reader.ReadAsync(patience.Token);
        });
        return Assert.IsType<RpcException>(failure.InnerException ?? failure);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _call.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None)) await _messages.Writer.WriteAsync(_call.ResponseStream.Current);
            _messages.Writer.Complete();
        }
        catch (RpcException exception)
        {
            _messages.Writer.Complete(exception);
        }
    }
}
