namespace AiMesh.AuthService.Revocations;

/// <summary>From when on a user's access tokens are good again.</summary>
internal sealed record UserCutoff
{
    public required string UserId { get; init; }

    /// <summary>UTC, whole seconds.</summary>
    public required DateTime IssuedBefore { get; init; }
}
