using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Context of <see cref="JwtBearerEvents.OnAuthenticationFailed"/>.</summary>
public class AuthenticationFailedContext(HttpContext context, AuthenticationScheme scheme, JwtBearerOptions options)
    : ResultContext<JwtBearerOptions>(context, scheme, options)
{
    /// <summary>Why the token was refused; an <see cref="AggregateException"/> when several handlers did.</summary>
    public Exception Exception { get; set; } = default!;
}
