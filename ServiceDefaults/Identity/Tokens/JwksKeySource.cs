using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// The authority's keys, fetched from its JWKS document: at start (again and again until they are there), every
/// <see cref="MeshAuthenticationOptions.JwksRefreshInterval"/>, and when a token names an unknown key. While the authority is away the
/// last good keys stay in use.
/// </summary>
public sealed partial class JwksKeySource(
    IHttpClientFactory clients,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time,
    ILogger<JwksKeySource> logger) : BackgroundService, IAccessTokenKeySource
{
    /// <summary>Where the authority serves its keys.</summary>
    public const string Path = "/.well-known/jwks.json";

    internal const string ClientName = "mesh-authority";

    /// <summary>How often the authority is asked while nothing was ever fetched: usually it starts beside us, and we are of no use before.</summary>
    internal static readonly TimeSpan StartInterval = TimeSpan.FromMilliseconds(250);

    private readonly MeshAuthenticationOptions _options = options.Value;
    private readonly Lock _starting = new();
    private AccessTokenKeySet _current = AccessTokenKeySet.Empty;
    private Task _refresh = Task.CompletedTask;
    private long _lastStart;
    private bool _started;
    private bool _waits;

    /// <inheritdoc/>
    public AccessTokenKeySet Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    public async ValueTask<AccessTokenKeySet> RefreshAsync(CancellationToken cancellationToken)
    {
        await StartRefresh().WaitAsync(cancellationToken);
        return Current;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await StartRefresh().WaitAsync(stoppingToken);
            await Task.Delay(Current.Count == 0 ? StartInterval : _options.JwksRefreshInterval, time, stoppingToken);
        }
    }

    /// <summary>One fetch at a time, and none sooner than the interval after the last one began; who comes in between waits for that.</summary>
    private Task StartRefresh()
    {
        lock (_starting)
        {
            if (!_refresh.IsCompleted) return _refresh;
            var pause = Current.Count == 0 && StartInterval < _options.KeyMissInterval ? StartInterval : _options.KeyMissInterval;
            if (_started && time.GetElapsedTime(_lastStart) < pause) return _refresh;
            _started = true;
            _lastStart = time.GetTimestamp();
            return _refresh = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var document = await AuthorityDocument.GetAsync(clients.CreateClient(ClientName), Path, AccessTokenKeySet.MaxDocumentLength, time);
            Take(document);
        }
        catch (Exception exception) when (AuthorityDocument.IsOutage(exception))
        {
            if (Current.Count > 0) Log.NotReached(logger, exception.Message);
            else if (!_waits) Log.Waiting(logger, exception.Message);
            _waits = true;
        }
        catch (Exception exception)
        {
            // The loop that fetches must not end by it, nor any request that waits for a key: the last good keys go on.
            Log.Failed(logger, exception);
        }
    }

    private void Take(byte[] document)
    {
        if (!AccessTokenKeySet.TryParse(document, out var keys) || keys.Count == 0)
        {
            Log.NotAKeySet(logger);
            return;
        }

        // The same instance as long as nothing changed: verified tokens are remembered with it.
        if (keys.IsSameAs(Current)) return;
        Volatile.Write(ref _current, keys);
        Log.KeysChanged(logger, keys.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The authority publishes {Count} key(s) for access tokens")]
        public static partial void KeysChanged(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "The authority's keys could not be fetched; the last good ones stay in use: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Error, "The authority's key document is malformed or empty; the last good keys stay in use")]
        public static partial void NotAKeySet(ILogger logger);

        [LoggerMessage(5, LogLevel.Error, "Fetching the authority's keys failed unexpectedly; the last good ones stay in use")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Information, "Waiting for the authority's keys: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}
