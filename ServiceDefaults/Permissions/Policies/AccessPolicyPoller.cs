using System.Globalization;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>
/// Keeps <see cref="AccessPolicies"/> up to date as <see cref="RevocationPoller"/> does revocations: every second (sooner until they are loaded), and at once
/// when <see cref="PollNow"/> is called.
/// </summary>
public sealed partial class AccessPolicyPoller(
    IHttpClientFactory clients,
    AccessPolicies policies,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time,
    ILogger<AccessPolicyPoller> logger) : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(0, 1);
    private long _after;
    private bool _away;

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

    /// <summary>Asks once; true when there is more.</summary>
    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{AccessPolicyDocument.Path}?after={_after}");
            var json = await AuthorityDocument.GetAsync(clients.CreateClient(JwksKeySource.ClientName), path, AccessPolicyDocument.MaxLength, time, cancellationToken);
            if (AccessPolicyDocument.TryParse(json, out var document)) return Take(document);
            Log.Malformed(logger);
            return false;
        }
        catch (Exception exception) when (AuthorityDocument.IsOutage(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (!_away && policies.Loaded.IsCompleted) Log.NotReached(logger, exception.Message);
            else if (!_away) Log.Waiting(logger, exception.Message);
            _away = true;
            return false;
        }
    }

    private bool Take(AccessPolicyDocument document)
    {
        if (_away && policies.Loaded.IsCompleted) Log.ReachedAgain(logger);
        _away = false;
        if (document.Sequence < _after)
        {
            // The authority's store was restored: what it counts now is something else.
            Log.CountsAgain(logger);
            _after = 0;
            return true;
        }

        policies.Apply(_after, document);
        _after = document.Sequence;
        return document.More;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var interval = options.Value.RevocationPollInterval;
        if (!policies.Loaded.IsCompleted && interval > JwksKeySource.StartInterval) interval = JwksKeySource.StartInterval;
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
        [LoggerMessage(1, LogLevel.Warning, "Access policies cannot be fetched; the known ones stay in force: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Access policies are fetched again")]
        public static partial void ReachedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Error, "The authority's document of access policies is malformed; the known policies stay in force")]
        public static partial void Malformed(ILogger logger);

        [LoggerMessage(4, LogLevel.Warning, "The authority counts changes of access policies from the beginning; fetching all of them")]
        public static partial void CountsAgain(ILogger logger);

        [LoggerMessage(5, LogLevel.Debug, "Waiting for the authority's access policies: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}
