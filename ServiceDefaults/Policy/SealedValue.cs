namespace AiMesh.ServiceDefaults.Policy;

/// <summary>A value that is stored encrypted, in the place of the value in a <see cref="PolicyRow"/>.</summary>
/// <param name="Key">Version of the key.</param>
/// <param name="Content">Base64url of nonce, ciphertext and tag.</param>
/// <param name="Index">Keyed hash of the value, the same for the same value; null where the field has no index.</param>
public sealed record SealedValue(int Key, string Content, string? Index)
{
    /// <summary>Name of <see cref="Key"/> in the stored object.</summary>
    public const string KeyName = "k";

    /// <summary>Name of <see cref="Content"/> in the stored object.</summary>
    public const string ContentName = "c";

    /// <summary>Name of <see cref="Index"/> in the stored object.</summary>
    public const string IndexName = "i";
}
