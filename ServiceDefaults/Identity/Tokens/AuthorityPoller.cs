using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Keeps what is known of one of the authority's public lists up to date: every second (sooner until it is loaded), and at once when
/// <see cref="PollNow"/> is called.
/// </summary>
public abstract partial class AuthorityPoller : BackgroundService
{
    private readonly IHttpClientFactory _clients;
    private readonly MeshAuthenticationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private bool _away;

    private protected AuthorityPoller(IHttpClientFactory clients, IOptions<MeshAuthenticationOptions> options, TimeProvider time, ILogger logger) =>
        (_clients, _options, _time, _logger) = (clients, options.Value, time, logger);

    /// <summary>What one answer told.</summary>
    private protected enum Taken
    {
        /// <summary>All there is for now.</summary>
        Everything,

        /// <summary>Part of it: ask again at once.</summary>
        More,

        /// <summary>The authority counts from the beginning, as its store was restored: ask for everything again, at once.</summary>
        Rewound,

        /// <summary>It was not such a document.</summary>
        Malformed,
    }

    /// <summary>What is in the list, for logs.</summary>
    private protected abstract string Subject { get; }

    private protected abstract bool IsLoaded { get; }

    /// <summary>Asks for what came after all that is known.</summary>
    private protected abstract string PathAndQuery { get; }

    /// <summary>Of an answer, in bytes.</summary>
    private protected abstract int MaxLength { get; }

    /// <summary>Polls without waiting for the second to pass, because something was announced.</summary>
    public void PollNow()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // A poll is due already.
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Taken Take(byte[] json);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await PollAsync(stoppingToken)) await WaitAsync(stoppingToken);
        }
    }

    /// <summary>Asks once; true when there may be more.</summary>
    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            var wasLoaded = IsLoaded;
            var taken = Take(await AuthorityDocument.GetAsync(_clients.CreateClient(JwksKeySource.ClientName), PathAndQuery, MaxLength, _time, cancellationToken));
            if (_away && wasLoaded) Log.ReachedAgain(_logger, Subject);
            _away = false;
            if (taken == Taken.Malformed) Log.Malformed(_logger, Subject);
            else if (taken == Taken.Rewound) Log.CountsAgain(_logger, Subject);
            return taken is Taken.More or Taken.Rewound;
        }
        catch (Exception exception) when (AuthorityDocument.IsOutage(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (!_away && IsLoaded) Log.NotReached(_logger, Subject, exception.Message);
            else if (!_away) Log.Waiting(_logger, Subject, exception.Message);
            _away = true;
            return false;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody would notice that this loop has ended: news would never arrive again. So whatever it was, ask again.
            Log.Failed(_logger, Subject, exception);
            return false;
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var interval = _options.RevocationPollInterval;
        if (!IsLoaded && interval > JwksKeySource.StartInterval) interval = JwksKeySource.StartInterval;
        using var pause = new CancellationTokenSource(interval, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, cancellationToken);
        try
        {
            await _wake.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The interval has passed.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The authority's {Subject} cannot be fetched; the known ones stay in force: {Reason}")]
        public static partial void NotReached(ILogger logger, string subject, string reason);

        [LoggerMessage(2, LogLevel.Information, "The authority's {Subject} are fetched again")]
        public static partial void ReachedAgain(ILogger logger, string subject);

        [LoggerMessage(3, LogLevel.Error, "The authority's document of {Subject} is malformed; the known ones stay in force")]
        public static partial void Malformed(ILogger logger, string subject);

        [LoggerMessage(4, LogLevel.Warning, "The authority counts its {Subject} from the beginning; fetching all of them")]
        public static partial void CountsAgain(ILogger logger, string subject);

        [LoggerMessage(5, LogLevel.Debug, "Waiting for the authority's {Subject}: {Reason}")]
        public static partial void Waiting(ILogger logger, string subject, string reason);

        [LoggerMessage(6, LogLevel.Error, "Fetching the authority's {Subject} failed unexpectedly; the known ones stay in force")]
        public static partial void Failed(ILogger logger, string subject, Exception exception);
    }
}
