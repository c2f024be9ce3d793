using System.Security.Claims;

namespace Microsoft.IdentityModel.Tokens;

/// <summary>What a <see cref="TokenHandler"/> is asked to check.</summary>
public class TokenValidationParameters
{
    /// <summary>Default of <see cref="ClockSkew"/>: five minutes.</summary>
    public static readonly TimeSpan DefaultClockSkew = TimeSpan.FromSeconds(300);

    /// <summary>Default of <see cref="AuthenticationType"/>.</summary>
    public static readonly string DefaultAuthenticationType = "AuthenticationTypes.Federation";

    private TimeSpan _clockSkew = DefaultClockSkew;

    /// <summary>Creates parameters with the defaults.</summary>
    public TokenValidationParameters()
    {
    }

    /// <summary>Copies parameters. Lists are shared with the original.</summary>
    protected TokenValidationParameters(TokenValidationParameters other)
    {
        ArgumentNullException.ThrowIfNull(other);
        AuthenticationType = other.AuthenticationType;
        ClockSkew = other.ClockSkew;
        NameClaimType = other.NameClaimType;
        RoleClaimType = other.RoleClaimType;
        RequireAudience = other.RequireAudience;
        RequireExpirationTime = other.RequireExpirationTime;
        RequireSignedTokens = other.RequireSignedTokens;
        ValidAlgorithms = other.ValidAlgorithms;
        ValidAudience = other.ValidAudience;
        ValidAudiences = other.ValidAudiences;
        ValidIssuer = other.ValidIssuer;
        ValidIssuers = other.ValidIssuers;
        ValidTypes = other.ValidTypes;
        ValidateAudience = other.ValidateAudience;
        ValidateIssuer = other.ValidateIssuer;
        ValidateIssuerSigningKey = other.ValidateIssuerSigningKey;
        ValidateLifetime = other.ValidateLifetime;
    }

    /// <summary>Authentication type of the identity.</summary>
    public string AuthenticationType { get; set; } = DefaultAuthenticationType;

    /// <summary>Tolerance for clocks that differ, applied to both ends of the lifetime. Not negative.</summary>
    public TimeSpan ClockSkew
    {
        get => _clockSkew;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            _clockSkew = value;
        }
    }

    /// <summary>Claim that becomes <see cref="ClaimsIdentity.Name"/>.</summary>
    public string NameClaimType { get; set; } = ClaimsIdentity.DefaultNameClaimType;

    /// <summary>Claim that <see cref="ClaimsPrincipal.IsInRole"/> reads.</summary>
    public string RoleClaimType { get; set; } = ClaimsIdentity.DefaultRoleClaimType;

    /// <summary>Refuses tokens without an audience. Default: true.</summary>
    public bool RequireAudience { get; set; } = true;

    /// <summary>Refuses tokens without an expiry. Default: true.</summary>
    public bool RequireExpirationTime { get; set; } = true;

    /// <summary>Refuses tokens without a signature. Default: true.</summary>
    public bool RequireSignedTokens { get; set; } = true;

    /// <summary>Allowed signature algorithms; null or empty leaves them to the handler.</summary>
    public IEnumerable<string> ValidAlgorithms { get; set; } = default!;

    /// <summary>An allowed audience.</summary>
    public string ValidAudience { get; set; } = default!;

    /// <summary>Further allowed audiences.</summary>
    public IEnumerable<string> ValidAudiences { get; set; } = default!;

    /// <summary>An allowed issuer.</summary>
    public string ValidIssuer { get; set; } = default!;

    /// <summary>Further allowed issuers.</summary>
    public IEnumerable<string> ValidIssuers { get; set; } = default!;

    /// <summary>Allowed values of the <c>typ</c> header; null or empty allows all.</summary>
    public IEnumerable<string> ValidTypes { get; set; } = default!;

    /// <summary>Checks the audience. Default: true.</summary>
    public bool ValidateAudience { get; set; } = true;

    /// <summary>Checks the issuer. Default: true.</summary>
    public bool ValidateIssuer { get; set; } = true;

    /// <summary>Checks the signing key itself, its certificate for example. Default: false.</summary>
    public bool ValidateIssuerSigningKey { get; set; }

    /// <summary>Checks the lifetime. Default: true.</summary>
    public bool ValidateLifetime { get; set; } = true;

    /// <summary>A copy; lists are shared with the original.</summary>
    public virtual TokenValidationParameters Clone() => new(this);
}
