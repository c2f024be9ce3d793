using Microsoft.Extensions.Primitives;

namespace AiMesh.Gateway.Hardening;

/// <summary>What browsers need to be told with every answer, errors included: https://owasp.org/www-project-secure-headers/.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly StringValues SameOrigin = "same-origin";
    private static readonly StringValues OneYear = "max-age=31536000";

    /// <summary>Answers of an API are no pages: nothing in them may run or be framed.</summary>
    private static readonly StringValues ForData = "default-src 'none'; frame-ancestors 'none'";

    private static readonly StringValues ForPages =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        // At the start of the answer, since the handling of exceptions removes headers that were set before.
        context.Response.OnStarting(static state => Write((HttpContext)state), context);
        return next(context);
    }

    private static Task Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers["Referrer-Policy"] = NoReferrer;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        headers.ContentSecurityPolicy = headers.ContentType is [{ } type] && type.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) ? ForPages : ForData;
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = OneYear;
        return Task.CompletedTask;
    }
}
