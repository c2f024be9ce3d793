using System.Threading.Channels;
using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Tests.Hosting;

public sealed class RecurringWorkTests
{
    [Fact]
    public async Task Round_ThatThrowsWhateverItIs_IsFollowedByTheNextAndLoggedOncePerCause()
    {
        using var sink = new LogSink();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(sink));
        using var work = new Failing(loggers.CreateLogger("work"), round => round switch
        {
            0 or 1 => new IOException("the store is away"),
            2 => new ObjectDisposedException("a bug"),
            3 => new OperationCanceledException(),
            _ => null,
        });
        await work.StartAsync(CancellationToken.None);
        for (var round = 0; round < 6; round++) Assert.Equal(round, await work.NextAsync());

        // The sixth round begins after the fifth one, the first to succeed, was noted.
        Assert.Null(work.Outage);
        await work.StopAsync(CancellationToken.None);
        Assert.Equal(TaskStatus.RanToCompletion, work.ExecuteTask!.Status);
        Assert.Equal(
            ["Warning work: Reading news does not succeed now and is tried again: the store is away", "Error work: Reading news failed unexpectedly and is tried again", "Warning work: Reading news does not succeed now and is tried again: The operation was canceled.", "Information work: Reading news succeeds again"],
            sink.Text.Split('\n').Where(static line => line.Contains(" work: ", StringComparison.Ordinal)).Select(static line => line.Split(" System.")[0].Trim()));
    }

    [Fact]
    public async Task Round_ThatFails_SaysWhyUntilOneSucceeds()
    {
        using var sink = new LogSink();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(sink));
        using var work = new Failing(loggers.CreateLogger("work"), static _ => new IOException("the store is away"));
        await work.StartAsync(CancellationToken.None);
        for (var round = 0; round < 2; round++) await work.NextAsync();
        Assert.Equal("the store is away", work.Outage);
        await work.StopAsync(CancellationToken.None);
    }

    private sealed class Failing(ILogger logger, Func<int, Exception?> fault) : RecurringWork("Reading news", TimeSpan.FromMilliseconds(1), TimeProvider.System, logger)
    {
        private readonly Channel<int> _rounds = Channel.CreateBounded<int>(1);
        private int _round;

        public async Task<int> NextAsync()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await _rounds.Reader.ReadAsync(patience.Token);
        }

        protected override async Task WorkAsync(CancellationToken cancellationToken)
        {
            var round = _round++;
            await _rounds.Writer.WriteAsync(round, cancellationToken);
            if (fault(round) is { } exception) throw exception;
        }
    }
}
