using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Context of <see cref="JwtBearerEvents.OnTokenValidated"/>.</summary>
public class TokenValidatedContext(HttpContext context, AuthenticationScheme scheme, JwtBearerOptions options)
    : ResultContext<JwtBearerOptions>(context, scheme, options)
{
    /// <summary>The token as the handler that accepted it gives it.</summary>
    public SecurityToken SecurityToken { get; set; } = default!;
}
