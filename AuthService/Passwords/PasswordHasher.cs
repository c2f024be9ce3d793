using System.Collections.Frozen;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Passwords;

/// <summary>
/// Hashes and checks passwords. Hashing is slow and takes memory on purpose, so callers take a turn first: as many as there are
/// processors at once, and a bounded number that waits.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    private readonly FrozenDictionary<string, IPasswordAlgorithm> _algorithms;
    private readonly IPasswordAlgorithm _preferred;
    private readonly SemaphoreSlim _turns;
    private readonly int _maxWaiting;
    private readonly Lazy<PhcString> _dummy;
    private int _waiting;

    public PasswordHasher(IOptions<PasswordOptions> options)
    {
        var settings = options.Value;
        var pbkdf2 = new Pbkdf2(settings.Pbkdf2Rounds);
        IPasswordAlgorithm[] algorithms = Argon2id.IsAvailable ? [new Argon2id(settings.Argon2MemoryKiB, settings.Argon2Passes), pbkdf2] : [pbkdf2];
        _algorithms = algorithms.ToFrozenDictionary(static algorithm => algorithm.Algorithm, StringComparer.Ordinal);
        _preferred = settings.PreferArgon2 ? algorithms[0] : pbkdf2;
        var concurrency = settings.MaxConcurrentHashes > 0 ? settings.MaxConcurrentHashes : Environment.ProcessorCount;
        _turns = new SemaphoreSlim(concurrency, concurrency);
        _maxWaiting = settings.MaxWaiting;
        _dummy = new Lazy<PhcString>(() => _preferred.Hash(RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>Name of the algorithm that new hashes are made with.</summary>
    public string Algorithm => _preferred.Algorithm;

    /// <summary>Waits for a turn to hash. Dispose the turn to let the next one in.</summary>
    /// <returns>The turn, or <see cref="TooManyHashes"/> when too many wait already.</returns>
    public async Task<Result<PasswordTurn>> TakeTurnAsync(CancellationToken cancellationToken)
    {
        if (!_turns.Wait(0, CancellationToken.None))
        {
            if (Interlocked.Increment(ref _waiting) > _maxWaiting)
            {
                Interlocked.Decrement(ref _waiting);
                return new TooManyHashes();
            }

            try
            {
                await _turns.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        return new PasswordTurn(this, _turns);
    }

    /// <summary>
    /// What to keep for somebody who has no password: it looks, and takes as long to check, as any other, and matches nothing that
    /// anybody could find.
    /// </summary>
    public string HashOfNothing()
    {
        var like = _dummy.Value;
        return (like with { Salt = RandomNumberGenerator.GetBytes(like.Salt.Length), Hash = RandomNumberGenerator.GetBytes(like.Hash.Length) }).ToString();
    }

    public void Dispose() => _turns.Dispose();

    internal string Hash(string password) => _preferred.Hash(Encoding.UTF8.GetBytes(password)).ToString();

    internal PasswordMatch Verify(string password, string? storedHash)
    {
        // An account that does not exist costs the same as one that does.
        var stored = storedHash is null ? _dummy.Value : Parse(storedHash);
        if (!_algorithms.TryGetValue(stored.Algorithm, out var algorithm))
            throw new InvalidOperationException($"Passwords are stored as {stored.Algorithm}, which this machine lacks: install libargon2.");

        var started = Stopwatch.GetTimestamp();
        var hash = algorithm.HashLike(stored, Encoding.UTF8.GetBytes(password));
        AuthDiagnostics.RecordHash(Stopwatch.GetElapsedTime(started), stored.Algorithm);
        var matches = CryptographicOperations.FixedTimeEquals(hash, stored.Hash) && storedHash is not null;
        return new PasswordMatch(matches, matches && !(algorithm == _preferred && algorithm.IsCurrent(stored)));
    }

    private static PhcString Parse(string storedHash) =>
        PhcString.TryParse(storedHash, out var parsed) ? parsed : throw new InvalidOperationException("A stored password hash is malformed.");
}
