namespace AiMesh.AuthService.Passwords;

/// <summary>A slow hash for passwords.</summary>
internal interface IPasswordAlgorithm
{
    /// <summary>Its name in PHC strings.</summary>
    string Algorithm { get; }

    /// <summary>Hashes with a fresh salt and the parameters of today.</summary>
    PhcString Hash(ReadOnlySpan<byte> password);

    /// <summary>Hashes with the salt and the parameters of a stored hash, to be compared with it.</summary>
    byte[] HashLike(PhcString stored, ReadOnlySpan<byte> password);

    /// <summary>Whether a stored hash has the parameters of today.</summary>
    bool IsCurrent(PhcString stored);
}
