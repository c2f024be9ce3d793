using Microsoft.IdentityModel.Tokens;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>How bearer tokens are taken and validated.</summary>
public class JwtBearerOptions : AuthenticationSchemeOptions
{
    /// <summary>
    /// Validators, asked in order until one accepts the token. This assembly brings none: a scheme whose list is empty refuses
    /// every token. (The real package starts with its own handler here, so call <c>Clear()</c> before adding.)
    /// </summary>
    public IList<TokenHandler> TokenHandlers { get; } = [];

    /// <summary>What the handlers check. They get a copy per request.</summary>
    public TokenValidationParameters TokenValidationParameters { get; set; } = new();

    /// <summary>Hooks of the application.</summary>
    public new JwtBearerEvents Events
    {
        get => (JwtBearerEvents)base.Events!;
        set => base.Events = value;
    }

    /// <summary>
    /// Base address of the issuer. Only kept for token handlers that fetch keys themselves: no metadata is read in here.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>Address of the issuer's metadata; by default <see cref="Authority"/> and the well-known path of OpenID Connect.</summary>
    public string MetadataAddress { get; set; } = default!;

    /// <summary>Refuses a metadata address that is not https. Default: true; switch off in development only.</summary>
    public bool RequireHttpsMetadata { get; set; } = true;

    /// <summary>Becomes <see cref="TokenValidationParameters.ValidAudience"/> when that is empty.</summary>
    public string? Audience { get; set; }

    /// <summary>Beginning of the <c>WWW-Authenticate</c> header, such as <c>Bearer realm="mesh"</c>. Default: <c>Bearer</c>.</summary>
    public string Challenge { get; set; } = JwtBearerDefaults.AuthenticationScheme;

    /// <summary>Tells the caller in the challenge why the token was refused. Default: true.</summary>
    public bool IncludeErrorDetails { get; set; } = true;

    /// <summary>Keeps the token as <c>access_token</c> in the ticket's properties. Default: true.</summary>
    public bool SaveToken { get; set; } = true;

    /// <summary>Asks token handlers that know such a mapping to give short claim names their long ones. Default: true.</summary>
    public bool MapInboundClaims { get; set; } = true;
}
