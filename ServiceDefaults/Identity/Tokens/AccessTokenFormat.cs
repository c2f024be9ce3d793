using AiMesh.Common.V1;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>The names and limits that writer and verifier of access tokens share (RFC 9068 profile of RFC 7519).</summary>
internal static class AccessTokenFormat
{
    public const string Algorithm = "ES256";
    public const string Type = "at+jwt";
    public const int MaxLength = 8 * 1024;
    public const int MaxKeyIdLength = 64;

    /// <summary>r and s of 32 bytes each, as RFC 7518 section 3.4 has it (IEEE P1363), never DER.</summary>
    public const int SignatureLength = 64;

    private static readonly (PrincipalKind Kind, string Name)[] Kinds =
    [
        (PrincipalKind.User, "user"),
        (PrincipalKind.ApiKey, "api_key"),
        (PrincipalKind.Client, "client"),
        (PrincipalKind.Device, "device"),
    ];

    private static readonly (Tier Tier, string Name)[] Tiers =
    [
        (Tier.Free, "FREE"),
        (Tier.Starter, "STARTER"),
        (Tier.Professional, "PROFESSIONAL"),
        (Tier.Enterprise, "ENTERPRISE"),
    ];

    public static string? NameOf(PrincipalKind kind) => Array.Find(Kinds, entry => entry.Kind == kind).Name;

    public static string? NameOf(Tier tier) => Array.Find(Tiers, entry => entry.Tier == tier).Name;

    public static PrincipalKind? KindOf(string? name) => Array.Find(Kinds, entry => entry.Name == name) is { Name: not null } found ? found.Kind : null;

    public static Tier? TierOf(string? name) => Array.Find(Tiers, entry => entry.Name == name) is { Name: not null } found ? found.Tier : null;

    /// <summary>A key id is a plain name, so that it can't be mistaken for a path, a query or a header.</summary>
    public static bool IsKeyId(ReadOnlySpan<char> keyId)
    {
        if (keyId.IsEmpty || keyId.Length > MaxKeyIdLength) return false;
        foreach (var character in keyId)
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')) return false;
        return true;
    }
}
