namespace AiMesh.AuthService.Keys;

/// <summary>A row of signing_keys.</summary>
internal sealed record StoredSigningKey
{
    public required string Id { get; init; }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>PKCS #8, sealed under the data key.</summary>
    public required byte[] SealedPrivateKey { get; init; }

    public required byte[] SealedDataKey { get; init; }

    public required string MasterKeyVersion { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime ActivatesAt { get; init; }
}
