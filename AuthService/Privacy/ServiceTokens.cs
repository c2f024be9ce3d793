using System.Security.Cryptography;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>Tokens with which this service acts for itself: for one organisation, with one permission, for a minute. Only the start of a call needs them.</summary>
internal sealed class ServiceTokens(SigningKeys keys, IOptions<MeshAuthenticationOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    public string Issue(string organisation, string permission)
    {
        var now = time.GetUtcNow();
        return keys.Signing.Writer.Write(new AccessTokenClaims
        {
            Issuer = options.Value.Issuer,
            Audience = options.Value.Audience,
            Subject = PersonalDataExtensions.Authority,
            Organisation = organisation,
            Kind = PrincipalKind.Client,
            Permissions = PermissionSet.Create(permission),
            TokenId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            SessionId = PersonalDataExtensions.Authority,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
        });
    }
}
