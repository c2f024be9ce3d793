namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>A verified token with what is needed to ask again whether it is still in force.</summary>
internal sealed class CachedToken(VerifiedToken token, AccessTokenKeySet keys, long revocationVersion)
{
    private long _revocationVersion = revocationVersion;

    public VerifiedToken Token { get; } = token;

    /// <summary>The key set that verified it: any change of keys asks for a new verification.</summary>
    public AccessTokenKeySet Keys { get; } = keys;

    public RevocationIds Ids { get; } = RevocationIds.Of(token.Claims);

    /// <summary>The state of the revocation list at which it was last found in force.</summary>
    public long RevocationVersion
    {
        get => Volatile.Read(ref _revocationVersion);
        set => Volatile.Write(ref _revocationVersion, value);
    }
}
