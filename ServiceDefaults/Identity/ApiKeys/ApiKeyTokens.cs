using System.Text;
using AiMesh.Auth.V1;
using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Contract = AiMesh.Auth.V1.ApiKeys;

namespace AiMesh.ServiceDefaults.Identity.ApiKeys;

/// <summary>
/// Turns API keys into access tokens: asks AuthService for a token, keeps it while it is in force, and renews it in the background
/// once a minute, by which AuthService learns that the key is in use. What is kept is verified again at each use, so a revoked key is
/// refused as soon as a revoked token is. While AuthService is away, keys go on working as long as their tokens do. Keys themselves are not
/// kept, only their hashes. Safe for concurrent use.
/// </summary>
public sealed partial class ApiKeyTokens(Contract.ApiKeysClient client, AccessTokenVerifier verifier, TimeProvider time, ILogger<ApiKeyTokens> logger)
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CredentialCache<Entry> _entries = new(Capacity);

    /// <summary>The access token in whose place the key stands, or why there is none.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<ApiKeyAnswer> FindAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!ApiKeyFormat.IsPlausible(key)) return new ApiKeyRefused("API_KEY_INVALID");

        var entry = EntryOf(key);
        var seen = entry.Last;
        if (seen is { } last)
        {
            var age = time.GetElapsedTime(last.At);
            if (last.Refusal is { } refusal && age < RefusalHolds) return refusal;
            if (last.AccessToken is { } token && await VerifyAsync(token, cancellationToken) is ApiKeyAccepted accepted)
            {
                if (age >= RenewAfter) _ = ExchangeOnceAsync(entry, key, seen);
                return accepted;
            }
        }

        var exchanged = await ExchangeOnceAsync(entry, key, seen).WaitAsync(cancellationToken);
        return exchanged.Refusal ?? await VerifyAsync(exchanged.AccessToken!, cancellationToken);
    }

    private Entry EntryOf(string key)
    {
        var hash = TokenHash.Of(Encoding.ASCII.GetBytes(key));
        return _entries.TryGet(hash, out var entry) ? entry : _entries.GetOrAdd(hash, new Entry());
    }

    private async ValueTask<ApiKeyAnswer> VerifyAsync(string accessToken, CancellationToken cancellationToken) =>
        await verifier.VerifyAsync(accessToken, cancellationToken) switch
        {
            VerifiedToken verified => new ApiKeyAccepted(accessToken, verified),
            TokenRejected { Reason: TokenRejection.AuthorityUnavailable } => Outage,
            TokenRejected { Reason: TokenRejection.Revoked } => new ApiKeyRefused("API_KEY_REVOKED"),
            _ => new ApiKeyRefused("API_KEY_INVALID"),
        };

    /// <summary>
    /// However many requests come with a key, one exchange at a time is under way for it, and who saw an older outcome than there is by now
    /// gets the newer one.
    /// </summary>
    private Task<Exchanged> ExchangeOnceAsync(Entry entry, string key, Exchanged? seen)
    {
        lock (entry)
        {
            if (entry.Running is { IsCompleted: false } running) return running;
            if (entry.Last is { } last && !ReferenceEquals(last, seen)) return Task.FromResult(last);

            // For all who wait, so of none of their requests: neither its deadline nor its headers.
            using (ExecutionContext.SuppressFlow())
                return entry.Running = Task.Run(() => ExchangeAsync(entry, key));
        }
    }

    private async Task<Exchanged> ExchangeAsync(Entry entry, string key)
    {
        try
        {
            var response = await client.ExchangeApiKeyAsync(new ExchangeApiKeyRequest { Key = key }, deadline: time.GetUtcNow().UtcDateTime + Patience);
            return entry.Last = new Exchanged(time.GetTimestamp(), response.AccessToken, null);
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unauthenticated or StatusCode.FailedPrecondition)
        {
            var reason = exception.ToStatus().Detail<ErrorInfo>()?.Reason ?? "API_KEY_INVALID";
            return entry.Last = new Exchanged(time.GetTimestamp(), null, new ApiKeyRefused(reason));
        }
        catch (RpcException exception)
        {
            // Not kept: the next request asks again, and a token that is still in force stays.
            Log.NotExchanged(logger, exception.StatusCode);
            return new Exchanged(time.GetTimestamp(), null, Outage);
        }
    }

    private static ApiKeyRefused Outage { get; } = new("AUTHORITY_UNAVAILABLE", IsOutage: true);

    private sealed class Entry
    {
        private Exchanged? _last;

        public Exchanged? Last
        {
            get => Volatile.Read(ref _last);
            set => Volatile.Write(ref _last, value);
        }

        public Task<Exchanged>? Running { get; set; }
    }

    private sealed record Exchanged(long At, string? AccessToken, ApiKeyRefused? Refusal);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "An API key cannot be exchanged now: {Status}")]
        public static partial void NotExchanged(ILogger logger, StatusCode status);
    }
}
