using AiMesh.Auth.V1;
using AiMesh.Common.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.Organisations;

/// <summary>An organisation as a row.</summary>
internal sealed record OrganisationRecord
{
    public required string Id { get; init; }

    public required string DisplayName { get; init; }

    /// <summary>Number of <see cref="AiMesh.Common.V1.Tier"/>.</summary>
    public required short Tier { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime CreatedAt { get; init; }

    public Organisation ToMessage() =>
        new() { Id = Id, DisplayName = DisplayName, Tier = (Tier)Tier, CreateTime = Timestamp.FromDateTime(CreatedAt) };
}
