namespace AiMesh.AuthService.Sessions;

/// <summary>To whom a refresh token was given.</summary>
internal sealed record TokenOwner
{
    public required string Organisation { get; init; }

    public required string SessionId { get; init; }

    public required string UserId { get; init; }
}

/// <summary>The state of a refresh token and its session.</summary>
internal sealed record FoundToken
{
    public required bool IsSessionOpen { get; init; }

    /// <summary>Its time has not run out.</summary>
    public required bool IsInForce { get; init; }

    public required bool IsSpent { get; init; }

    /// <summary>Spent so recently that its successor is told again.</summary>
    public required bool IsInGrace { get; init; }

    /// <summary>When the session began, and so when the person last proved who they are. UTC.</summary>
    public required DateTime AuthenticatedAt { get; init; }

    /// <summary>Opens with the spent token.</summary>
    public byte[]? Successor { get; init; }
}
