namespace AiMesh.AuthService.Passwords;

/// <summary>A turn to hash or check passwords, one at a time.</summary>
internal sealed class PasswordTurn(PasswordHasher hasher, SemaphoreSlim turns) : IDisposable
{
    private SemaphoreSlim? _turns = turns;

    /// <summary>Hashes a password, as PHC string.</summary>
    public Task<string> HashAsync(string password) => Task.Run(() => hasher.Hash(password));

    /// <summary>Checks a password against a stored hash; null stands for an account that does not exist and never matches.</summary>
    public Task<PasswordMatch> VerifyAsync(string password, string? storedHash) => Task.Run(() => hasher.Verify(password, storedHash));

    public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Release();
}

/// <summary>Whether a password matched, and whether its hash should be made anew with the algorithm and parameters of today.</summary>
internal readonly record struct PasswordMatch(bool Matches, bool NeedsRehash);
