using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>
/// Texts that carry what they are about, readable and writable by this mesh alone and good for one use within their time. Every replica opens
/// them; only a use is written down, so that nobody fills the database by beginning sign-ins.
/// </summary>
internal sealed class SealedOnce(AuthDatabase database, MasterKeyRing masterKeys, TimeProvider time)
{
    private const int MaxLength = 4_096;

    /// <summary>Seals a value for a purpose.</summary>
    public string Seal<T>(string purpose, T value, TimeSpan lifetime)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new Content<T>(value, (time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds()));
        var box = SealedBox.Seal(masterKeys.Current.KeyFor(purpose), content, Encoding.UTF8.GetBytes(purpose));
        return $"{masterKeys.Current.Version}.{Base64Url.EncodeToString(box)}";
    }

    /// <summary>The value; null for what was not sealed here for this purpose, and when its time is over.</summary>
    public T? Open<T>(string purpose, string text)
        where T : class
    {
        if (text.Length > MaxLength || text.Split('.') is not [var version, var sealedText] || masterKeys.Find(version) is not { } key || !Base64Url.IsValid(sealedText)) return null;
        if (SealedBox.Open(key.KeyFor(purpose), Base64Url.DecodeFromChars(sealedText), Encoding.UTF8.GetBytes(purpose)) is not { } content) return null;
        var opened = JsonSerializer.Deserialize<Content<T>>(content)!;
        return time.GetUtcNow().ToUnixTimeMilliseconds() < opened.Until ? opened.Value : null;
    }

    /// <summary>Uses a text that was opened.</summary>
    /// <returns>False when it was used before, here or at another replica.</returns>
    public async Task<bool> SpendAsync(string text, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        // Of the bytes, since base64 has more than one spelling of the same ones.
        var hash = SHA256.HashData(Base64Url.DecodeFromChars(text.AsSpan(text.IndexOf('.', StringComparison.Ordinal) + 1)));
        var spent = await database.QueryAsync<int>(
            """
            with old as (delete from spent_sign_ins where expires_at < clock_timestamp() - interval '1 hour')
            insert into spent_sign_ins (hash, expires_at) values (@hash, clock_timestamp() + @lifetime) on conflict do nothing returning 1
            """,
            new { hash, lifetime }, cancellationToken);
        return spent.Count == 1;
    }

    private sealed record Content<T>(T Value, long Until);
}
