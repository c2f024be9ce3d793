using System.Security.Claims;

namespace Microsoft.IdentityModel.Tokens;

/// <summary>What a <see cref="TokenHandler"/> found.</summary>
public class TokenValidationResult
{
    /// <summary>True when every check passed.</summary>
    public bool IsValid { get; set; }

    /// <summary>The caller, when valid.</summary>
    public ClaimsIdentity ClaimsIdentity { get; set; } = default!;

    /// <summary>The token, when it could be read.</summary>
    public SecurityToken SecurityToken { get; set; } = default!;

    /// <summary>The reason, when not valid.</summary>
    public Exception Exception { get; set; } = default!;

    /// <summary>The token's issuer.</summary>
    public string Issuer { get; set; } = default!;

    /// <summary>The token's <c>typ</c> header.</summary>
    public string TokenType { get; set; } = default!;

    /// <summary>The identity's claims by type: a string, or a list of strings for a type that occurs more than once.</summary>
    public IDictionary<string, object> Claims
    {
        get
        {
            var claims = new Dictionary<string, object>(StringComparer.Ordinal);
            foreach (var group in (ClaimsIdentity?.Claims ?? []).GroupBy(static claim => claim.Type, StringComparer.Ordinal))
            {
                var values = group.Select(static object (claim) => claim.Value).ToList();
                claims[group.Key] = values is [var only] ? only : values;
            }

            return claims;
        }
    }
}
