using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.DataService.Paging;

/// <summary>What a page token is good for: the same caller asking the same again.</summary>
internal sealed record PageBinding(Principal Principal, params string[] Query)
{
    public byte[] Digest() => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((string[])[Principal.Organisation, Principal.Subject, .. Query]));
}

/// <summary>
/// Page tokens carry values of the last row, so they are encrypted (AES-256-GCM), and bound to caller and query by the associated data.
/// The key comes from the mesh's master key, so that every replica reads the others' tokens.
/// </summary>
internal sealed class PageTokens(PageTokenKey key)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int MaxLength = 64 * 1024;
    private readonly byte[] _nonceKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Bytes, 32, info: "aimesh data page token nonces"u8.ToArray());
    private static readonly InvalidField Refused = new("page_token", "expected the token of the previous page, with the same filter and order");

    /// <param name="position">Values of the last row in order of the query; null where it has none.</param>
    /// <param name="binding">What the token is good for.</param>
    /// <param name="repeatable">Whether the same position always gives the same token. Not where that would tell that a hidden thing has not moved.</param>
    public string Seal(string?[] position, PageBinding binding, bool repeatable = true)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(position);
        var sealedBytes = new byte[NonceSize + plain.Length + TagSize];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        var digest = binding.Digest();

        // The nonce follows from what is sealed: the same page has the same token, and with it the same entity tag; another page another nonce.
        if (repeatable) HMACSHA256.HashData(_nonceKey, (byte[])[.. digest, .. plain]).AsSpan(0, NonceSize).CopyTo(nonce);
        else RandomNumberGenerator.Fill(nonce);
        using var cipher = Cipher();
        cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceSize, plain.Length), sealedBytes.AsSpan(NonceSize + plain.Length), digest);
        return Base64Url.EncodeToString(sealedBytes);
    }

    /// <summary>The position that <see cref="Seal"/> was given; empty for the first page.</summary>
    public Result<string?[]> Open(string token, PageBinding binding)
    {
        if (token.Length == 0) return Array.Empty<string?>();
        if (token.Length > MaxLength || !Base64Url.IsValid(token)) return Refused;
        var sealedBytes = Base64Url.DecodeFromChars(token);
        if (sealedBytes.Length < NonceSize + TagSize) return Refused;
        var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var cipher = Cipher();
        try
        {
            cipher.Decrypt(sealedBytes.AsSpan(0, NonceSize), sealedBytes.AsSpan(NonceSize, plain.Length), sealedBytes.AsSpan(NonceSize + plain.Length), plain, binding.Digest());
        }
        catch (AuthenticationTagMismatchException)
        {
            return Refused;
        }

        return JsonSerializer.Deserialize<string?[]>(plain)!;
    }

    // One a call: an instance must not be used by two threads at once.
    private AesGcm Cipher() => new(key.Bytes, TagSize);
}

/// <summary>256 bits, the same in every replica.</summary>
internal sealed record PageTokenKey(byte[] Bytes)
{
    /// <summary>Derived from Mesh:MasterKey. In Development it may be missing: then tokens last as long as the process.</summary>
    /// <exception cref="InvalidOperationException">It is missing elsewhere.</exception>
    public static PageTokenKey From(IConfiguration configuration, IHostEnvironment environment)
    {
        if (configuration["Mesh:MasterKey"] is { Length: > 0 } masterKey) return From(masterKey);
        return environment.IsDevelopment()
            ? new PageTokenKey(RandomNumberGenerator.GetBytes(32))
            : throw new InvalidOperationException("Mesh:MasterKey is missing: outside Development page tokens are sealed with a key derived from it.");
    }

    public static PageTokenKey From(string masterKey) =>
        new(HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(masterKey), 32, info: "aimesh data page tokens"u8.ToArray()));
}
