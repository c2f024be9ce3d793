using AiMesh.Auth.V1;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Roles;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

/// <summary>What the contract says of a provider's fields.</summary>
internal sealed class IdentityProviderRules(OutboundAddresses addresses)
{
    public const int MaxProvidersOfAnOrganisation = 20;

    private const int MaxNameLength = 63;
    private const int MaxDisplayNameLength = 100;
    private const int MaxLength = 256;
    private const int MaxSecretLength = 512;
    private const int MaxScopes = 20;
    private const int MaxMappings = 100;
    private const int MaxClaimLength = 128;

    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(name[0])
        && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    /// <summary>Checks all fields of a provider as it is to be.</summary>
    /// <param name="checks">Collects what is wrong.</param>
    /// <param name="provider">The fields.</param>
    /// <param name="secretIsRequired">False where there is one already.</param>
    public void Check(FieldChecks checks, IdentityProvider provider, bool secretIsRequired)
    {
        if (!IsName(provider.Name)) checks.Fail("identity_provider.name", $"must be 1 to {MaxNameLength} characters a-z, 0-9 and '-', beginning with a letter");
        checks.Line("identity_provider.display_name", provider.DisplayName, MaxDisplayNameLength, required: false);
        if (!IsIssuer(provider.Issuer)) checks.Fail("identity_provider.issuer", $"must be an address with https, without user, query and fragment, of at most {MaxLength} characters");
        if (!IsPrintable(provider.ClientId, MaxLength)) checks.Fail("identity_provider.client_id", $"must be 1 to {MaxLength} printable ASCII characters");
        if ((secretIsRequired || provider.ClientSecret.Length > 0) && !IsPrintable(provider.ClientSecret, MaxSecretLength))
            checks.Fail("identity_provider.client_secret", $"must be 1 to {MaxSecretLength} printable ASCII characters");
        if (provider.Scopes.Count > MaxScopes || !provider.Scopes.All(static scope => IsPrintable(scope, MaxClaimLength) && !scope.AsSpan().ContainsAny(" \"\\")))
            checks.Fail("identity_provider.scopes", $"must be at most {MaxScopes} names without spaces");
        if (provider.DefaultRole.Length > 0 && !RoleRules.IsName(provider.DefaultRole)) checks.Fail("identity_provider.default_role", "must be the name of a role");
        if (provider.RoleMappings.Count > MaxMappings) checks.Fail("identity_provider.role_mappings", $"must be at most {MaxMappings}");
        for (var i = 0; i < Math.Min(provider.RoleMappings.Count, MaxMappings); i++) CheckMapping(checks, $"identity_provider.role_mappings[{i}]", provider.RoleMappings[i]);
    }

    private static void CheckMapping(FieldChecks checks, string field, RoleMapping mapping)
    {
        checks.Line($"{field}.claim", mapping.Claim, MaxClaimLength, required: true);
        checks.Line($"{field}.value", mapping.Value, MaxLength, required: true);
        if (!RoleRules.IsName(mapping.Role)) checks.Fail($"{field}.role", "must be the name of a role");
    }

    private bool IsIssuer(string issuer) =>
        IsPrintable(issuer, MaxLength) && !issuer.Contains('?', StringComparison.Ordinal) && !issuer.Contains('#', StringComparison.Ordinal)
        && Uri.TryCreate(issuer, UriKind.Absolute, out var address) && addresses.Allows(address);

    private static bool IsPrintable(string text, int maxLength) =>
        text.Length > 0 && text.Length <= maxLength && text.All(static character => character is >= ' ' and <= '~') && text.Trim().Length == text.Length;
}
