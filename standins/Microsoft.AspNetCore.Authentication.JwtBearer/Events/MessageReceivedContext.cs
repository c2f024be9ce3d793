using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Context of <see cref="JwtBearerEvents.OnMessageReceived"/>.</summary>
public class MessageReceivedContext(HttpContext context, AuthenticationScheme scheme, JwtBearerOptions options)
    : ResultContext<JwtBearerOptions>(context, scheme, options)
{
    /// <summary>The token to validate. While it is null or empty, the <c>Authorization</c> header is read.</summary>
    public string? Token { get; set; }
}
