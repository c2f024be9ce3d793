using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>An API key as a row. Times are UTC.</summary>
internal sealed record ApiKeyRecord
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    public required string DisplayName { get; init; }

    public required string Prefix { get; init; }

    /// <summary>Patterns, in ordinal order, none twice.</summary>
    public required string[] Scopes { get; init; }

    /// <summary>0: no limit of its own.</summary>
    public required int RequestsPerMinute { get; init; }

    public required DateTime? ExpiresAt { get; init; }

    public required DateTime? LastUsedAt { get; init; }

    public required DateTime? RevokedAt { get; init; }

    public required DateTime CreatedAt { get; init; }

    public ApiKey ToMessage() => new()
    {
        Id = Id,
        User = UserId,
        DisplayName = DisplayName,
        Prefix = Prefix,
        Scopes = { Scopes },
        RequestsPerMinute = RequestsPerMinute,
        ExpireTime = ExpiresAt is { } expiry ? Timestamp.FromDateTime(expiry) : null,
        LastUsedTime = LastUsedAt is { } use ? Timestamp.FromDateTime(use) : null,
        Revoked = RevokedAt is not null,
        CreateTime = Timestamp.FromDateTime(CreatedAt),
    };
}
