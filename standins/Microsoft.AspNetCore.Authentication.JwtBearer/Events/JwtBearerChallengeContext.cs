using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Context of <see cref="JwtBearerEvents.OnChallenge"/>; what it holds goes into the <c>WWW-Authenticate</c> header.</summary>
public class JwtBearerChallengeContext(
    HttpContext context,
    AuthenticationScheme scheme,
    JwtBearerOptions options,
    AuthenticationProperties properties)
    : PropertiesContext<JwtBearerOptions>(context, scheme, options, properties)
{
    /// <summary>What went wrong; null when the request brought no token.</summary>
    public Exception? AuthenticateFailure { get; set; }

    /// <summary><c>error</c> of RFC 6750, section 3.1: <c>invalid_token</c>, <c>invalid_request</c> or <c>insufficient_scope</c>.</summary>
    public string? Error { get; set; }

    /// <summary><c>error_description</c>: one sentence for a developer.</summary>
    public string? ErrorDescription { get; set; }

    /// <summary><c>error_uri</c>: a page that explains the error.</summary>
    public string? ErrorUri { get; set; }

    /// <summary>True after <see cref="HandleResponse"/>.</summary>
    public bool Handled { get; private set; }

    /// <summary>Says that the hook has written the response itself.</summary>
    public void HandleResponse() => Handled = true;
}
