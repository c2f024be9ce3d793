using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Why the credential of a request was refused. ASP.NET Core keeps no trace of a failed authentication on the request, but the
/// caller must be told that a token expired rather than that there is none.
/// </summary>
public sealed class AuthenticationFailure
{
    private AuthenticationFailure(string reason, bool isOutage) => (Reason, IsOutage) = (reason, isOutage);

    /// <summary>UPPER_SNAKE, for example "TOKEN_EXPIRED".</summary>
    public string Reason { get; }

    /// <summary>True when nobody could be verified, so that the credential may well be good.</summary>
    public bool IsOutage { get; }

    /// <summary>Notes on the request that its credential was refused. Handlers of other schemes than "Bearer" call this too.</summary>
    /// <param name="httpContext">The request.</param>
    /// <param name="reason">UPPER_SNAKE.</param>
    /// <param name="isOutage">The credential could not be checked.</param>
    public static void Note(HttpContext httpContext, string reason, bool isOutage = false)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.Features.Set(new AuthenticationFailure(reason, isOutage));
    }

    /// <summary>The failure noted on the request, if any.</summary>
    public static AuthenticationFailure? Of(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.Features.Get<AuthenticationFailure>();
    }

    internal static void Note(HttpContext httpContext, TokenRejection rejection) =>
        Note(httpContext, ReasonOf(rejection), rejection == TokenRejection.AuthorityUnavailable);

    private static string ReasonOf(TokenRejection rejection) => rejection switch
    {
        TokenRejection.Expired => "TOKEN_EXPIRED",
        TokenRejection.NotYetValid => "TOKEN_NOT_YET_VALID",
        TokenRejection.Revoked => "TOKEN_REVOKED",
        TokenRejection.AuthorityUnavailable => "AUTHORITY_UNAVAILABLE",
        _ => "TOKEN_INVALID",
    };
}
