using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.Clients;

/// <summary>A client as a row, with the names of its roles. Times are UTC.</summary>
internal sealed record ClientRecord
{
    public required string Id { get; init; }

    public required string DisplayName { get; init; }

    /// <summary>In ordinal order.</summary>
    public required string[] Roles { get; init; }

    /// <summary>Patterns, in ordinal order, none twice; empty: all that the roles grant.</summary>
    public required string[] Scopes { get; init; }

    public DateTime? LastUsedAt { get; init; }

    public DateTime? RevokedAt { get; init; }

    public DateTime CreatedAt { get; init; }

    public Client ToMessage() => new()
    {
        Id = Id,
        DisplayName = DisplayName,
        Roles = { Roles },
        Scopes = { Scopes },
        LastUsedTime = LastUsedAt is { } use ? Timestamp.FromDateTime(use) : null,
        Revoked = RevokedAt is not null,
        CreateTime = Timestamp.FromDateTime(CreatedAt),
    };
}
