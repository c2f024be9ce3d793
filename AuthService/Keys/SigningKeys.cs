using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Keys;

/// <summary>The signing keys of this replica: in step with the database, rotated when due.</summary>
internal sealed class SigningKeys(
    SigningKeyStore store, IOptions<KeyOptions> options, IOptions<SessionTokenOptions> sessions, TimeProvider time) : IAccessTokenKeySource, IDisposable
{
    /// <summary>A token may name a key that another replica made a moment ago; more often than this nobody makes the database look.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _changing = new(1, 1);
    private SigningKeyRing _ring = SigningKeyRing.Empty;
    private DateTimeOffset _lastLook = DateTimeOffset.MinValue;

    public SigningKeyRing Ring => Volatile.Read(ref _ring);

    public AccessTokenKeySet Current => Ring.PublicKeys;

    /// <summary>The key that signs now.</summary>
    public SigningKey Signing =>
        Ring.CurrentAt(time.GetUtcNow()) ?? throw new InvalidOperationException("No signing key is active yet.");

    /// <summary>How long a key stays published after its successor took over.</summary>
    public TimeSpan Retention => sessions.Value.AccessTokenLifetime + SessionTokenOptions.ClockAllowance;

    /// <summary>Carries out what is due and takes over what other replicas did.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            // Most of the time nothing is due, and looking takes no lock.
            var keys = await store.ListAsync(cancellationToken);
            var plan = Decide(keys);
            if (plan.CreateKeyActiveFrom is not null || !plan.Delete.IsEmpty || keys.Any(key => store.IsSealedUnderOldMasterKey(key)))
                keys = await store.RotateAsync(Decide, cancellationToken);
            TakeOver(keys);
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask<AccessTokenKeySet> RefreshAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (now - _lastLook < LookInterval) return Current;
            _lastLook = now;
            TakeOver(await store.ListAsync(cancellationToken));
            return Current;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private RotationPlan Decide(IReadOnlyList<StoredSigningKey> keys) =>
        RotationPlan.For(keys.Select(static key => (key.Id, new DateTimeOffset(key.ActivatesAt))), time.GetUtcNow(), options.Value, Retention);

    private void TakeOver(IReadOnlyList<StoredSigningKey> keys)
    {
        var known = Ring;
        if (known.HasSameKeysAs(keys.Select(static key => key.Id))) return;

        var opened = known.Keys.ToDictionary(static key => key.Id, StringComparer.Ordinal);
        Volatile.Write(ref _ring, new SigningKeyRing(keys.Select(key => opened.TryGetValue(key.Id, out var open) ? open : store.Open(key))));
    }
}
