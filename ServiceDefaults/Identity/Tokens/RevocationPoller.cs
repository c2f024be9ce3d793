using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Keeps <see cref="RevocationList"/> up to date: every second (sooner until it is loaded), and at once when <see cref="PollNow"/> is called.
/// </summary>
public sealed partial class RevocationPoller(
    IHttpClientFactory clients,
    RevocationList list,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time,
    ILogger<RevocationPoller> logger) : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(0, 1);
    private long _lastSuccess;
    private bool _away;

    /// <summary>How old the list is; null until it was loaded.</summary>
    public TimeSpan? Age => IsLoaded ? time.GetElapsedTime(Volatile.Read(ref _lastSuccess)) : null;

    private bool IsLoaded => list.Loaded.IsCompleted;

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
    }

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
            var after = list.Sequence;
            var path = string.Create(CultureInfo.InvariantCulture, $"{RevocationDocument.Path}?after={after}");
            var json = await AuthorityDocument.GetAsync(
                clients.CreateClient(JwksKeySource.ClientName), path, RevocationDocument.MaxLength, time, cancellationToken);
            if (!RevocationDocument.TryParse(json, out var document))
            {
                Log.Malformed(logger);
                return false;
            }

            return Take(document, after);
        }
        catch (Exception exception) when (AuthorityDocument.IsOutage(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (!_away && IsLoaded) Log.NotReached(logger, exception.Message);
            else if (!_away) Log.Waiting(logger, exception.Message);
            _away = true;
            return false;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody would notice that this loop has ended: revocations would never arrive again. So whatever it was, ask again.
            Log.Failed(logger, exception);
            return false;
        }
    }

    private bool Take(RevocationDocument document, long after)
    {
        if (_away && IsLoaded) Log.ReachedAgain(logger);
        _away = false;
        if (document.Sequence < after)
        {
            Log.CountsAgain(logger);
            list.Rewind();
            return true;
        }

        Volatile.Write(ref _lastSuccess, time.GetTimestamp());
        list.Apply(document);
        return document.Sequence > after;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var interval = options.Value.RevocationPollInterval;
        if (!IsLoaded && interval > JwksKeySource.StartInterval) interval = JwksKeySource.StartInterval;
        using var pause = new CancellationTokenSource(interval, time);
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
        [LoggerMessage(1, LogLevel.Warning, "Revocations cannot be fetched; the known ones stay in force: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(5, LogLevel.Debug, "Waiting for the authority's revocations: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);

        [LoggerMessage(6, LogLevel.Error, "Fetching revocations failed unexpectedly; the known ones stay in force")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Information, "Revocations are fetched again")]
        public static partial void ReachedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Error, "The authority's revocation document is malformed; the known revocations stay in force")]
        public static partial void Malformed(ILogger logger);

        [LoggerMessage(4, LogLevel.Warning, "The authority counts its revocations from the beginning; fetching all of them")]
        public static partial void CountsAgain(ILogger logger);
    }
}
