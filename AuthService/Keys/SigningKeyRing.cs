using System.Collections.Immutable;
using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.AuthService.Keys;

/// <summary>The signing keys as they were in the database at one moment. Immutable.</summary>
internal sealed class SigningKeyRing
{
    public static readonly SigningKeyRing Empty = new([]);

    public SigningKeyRing(IEnumerable<SigningKey> keys)
    {
        Keys = [.. keys.OrderBy(static key => key.ActivatesAt)];
        PublicKeys = AccessTokenKeySet.Create(Keys.Select(static key => (key.Id, key.Key)));
        Jwks = PublicKeys.ToJwks();
        ETag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Jwks).AsSpan(0, 16))}\"";
    }

    /// <summary>In order of activation.</summary>
    public ImmutableArray<SigningKey> Keys { get; }

    public AccessTokenKeySet PublicKeys { get; }

    /// <summary>The JWKS document.</summary>
    public byte[] Jwks { get; }

    /// <summary>Entity tag of <see cref="Jwks"/>.</summary>
    public string ETag { get; }

    /// <summary>The key that signs: of those that are active, the youngest.</summary>
    public SigningKey? CurrentAt(DateTimeOffset now) => Keys.LastOrDefault(key => key.ActivatesAt <= now);

    public bool HasSameKeysAs(IEnumerable<string> ids) => Keys.Select(static key => key.Id).ToHashSet(StringComparer.Ordinal).SetEquals(ids);
}
