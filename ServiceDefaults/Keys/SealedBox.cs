using System.Security.Cryptography;

namespace AiMesh.ServiceDefaults.Keys;

/// <summary>
/// AES-256-GCM with a random nonce: nonce (12 bytes), ciphertext, tag (16 bytes). What it is for goes in as associated data, so that
/// a box can't be put in another's place.
/// </summary>
public static class SealedBox
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyLength = 32;

    /// <summary>Bytes by which a box is longer than what is in it.</summary>
    public const int Overhead = NonceLength + TagLength;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Seals content.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="content">Any number of bytes.</param>
    /// <param name="purpose">What it is for; to be given again to open it.</param>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content, ReadOnlySpan<byte> purpose)
    {
        var box = new byte[NonceLength + content.Length + TagLength];
        var nonce = box.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, content, box.AsSpan(NonceLength, content.Length), box.AsSpan(NonceLength + content.Length), purpose);
        return box;
    }

    /// <summary>Opens a box.</summary>
    /// <returns>The content, or null when the key or the purpose is another or the box was changed.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<byte> purpose)
    {
        if (box.Length < NonceLength + TagLength) return null;

        var content = new byte[box.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        try
        {
            aes.Decrypt(box[..NonceLength], box[NonceLength..^TagLength], box[^TagLength..], content, purpose);
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
