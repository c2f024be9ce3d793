using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.AuthService.Keys;

/// <summary>A key pair for ES256, ready to sign.</summary>
internal sealed class SigningKey
{
    public SigningKey(string id, ECDsa key, DateTimeOffset activatesAt)
    {
        (Id, Key, ActivatesAt) = (id, key, activatesAt);
        Writer = new AccessTokenWriter(id, key);
    }

    public string Id { get; }

    // Kept for the life of the process: a request may still be signing when the key is retired, and there are few.
    public ECDsa Key { get; }

    /// <summary>From when on it signs.</summary>
    public DateTimeOffset ActivatesAt { get; }

    public AccessTokenWriter Writer { get; }
}
