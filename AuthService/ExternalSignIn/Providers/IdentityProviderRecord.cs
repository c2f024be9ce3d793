using System.Collections.Immutable;
using AiMesh.Auth.V1;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.Keys;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

/// <summary>An identity provider as a row, with what gives roles.</summary>
internal sealed record IdentityProviderRecord
{
    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public required Envelope Secret { get; init; }

    public required string[] Scopes { get; init; }

    public required string? DefaultRole { get; init; }

    public required bool CreatesUsers { get; init; }

    public required bool ReadsUserInfo { get; init; }

    public required bool Disabled { get; init; }

    /// <summary>UTC.</summary>
    public DateTime CreatedAt { get; init; }

    public required ImmutableArray<RoleRule> RoleRules { get; init; }

    /// <summary>Every role that somebody may get.</summary>
    public IReadOnlyCollection<string> AllRoles => [.. RoleRules.Select(static rule => rule.Role).Concat(DefaultRole is null ? [] : [DefaultRole]).Distinct(StringComparer.Ordinal)];

    /// <summary>The roles that the claims give, in ordinal order; of nobody mapped the default.</summary>
    public string[] RolesFor(ExternalClaims claims)
    {
        string[] mapped = [.. RoleRules.Where(rule => claims.Has(rule.Claim, rule.Value)).Select(static rule => rule.Role).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return mapped.Length > 0 || DefaultRole is null ? mapped : [DefaultRole];
    }

    /// <param name="redirectUri">What is to be registered at the provider, where the mesh knows its address.</param>
    public IdentityProvider ToMessage(Uri? redirectUri) => new()
    {
        Name = Name,
        DisplayName = DisplayName,
        Issuer = Issuer,
        ClientId = ClientId,
        Scopes = { Scopes },
        RoleMappings = { RoleRules.Select(static rule => new RoleMapping { Claim = rule.Claim, Value = rule.Value, Role = rule.Role }) },
        DefaultRole = DefaultRole ?? "",
        CreatesUsers = CreatesUsers,
        ReadsUserInfo = ReadsUserInfo,
        Disabled = Disabled,
        RedirectUri = redirectUri?.AbsoluteUri ?? "",
        CreateTime = Timestamp.FromDateTime(CreatedAt),
    };
}

/// <summary>Gives a role to those whose claim has, or holds, a value.</summary>
internal sealed record RoleRule(string Claim, string Value, string Role);
