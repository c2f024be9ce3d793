using System.ComponentModel.DataAnnotations;

namespace AiMesh.AuthService.Passwords;

/// <summary>How passwords are hashed; configuration section <c>Passwords</c>. Hashes made otherwise are renewed at the next sign-in.</summary>
internal sealed class PasswordOptions
{
    public const string Section = "Passwords";

    /// <summary>Memory of Argon2id in KiB. Default: 19456 (OWASP's minimum with two passes).</summary>
    [Range(8 * 1024, 1024 * 1024)]
    public int Argon2MemoryKiB { get; set; } = 19_456;

    /// <summary>Passes of Argon2id over its memory. Default: 2.</summary>
    [Range(1, 20)]
    public int Argon2Passes { get; set; } = 2;

    /// <summary>Rounds of PBKDF2-HMAC-SHA512, which is used where libargon2 is not installed. Default: 210,000.</summary>
    [Range(210_000, 10_000_000)]
    public int Pbkdf2Rounds { get; set; } = 210_000;

    /// <summary>Hashes Argon2id does although libargon2 is there: false forces PBKDF2. Default: true.</summary>
    public bool PreferArgon2 { get; set; } = true;

    /// <summary>How many passwords are hashed at once. Default: 0, as many as there are processors.</summary>
    [Range(0, 1024)]
    public int MaxConcurrentHashes { get; set; }

    /// <summary>How many callers may wait for their turn; further ones are refused at once. Default: 200 (about 2.5 s on two cores).</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; set; } = 200;
}
