using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Context of <see cref="JwtBearerEvents.OnForbidden"/>.</summary>
public class ForbiddenContext(HttpContext context, AuthenticationScheme scheme, JwtBearerOptions options)
    : ResultContext<JwtBearerOptions>(context, scheme, options);
