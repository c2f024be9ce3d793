using System.Globalization;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

/// <summary>Writes the <c>WWW-Authenticate</c> header of RFC 6750, section 3.</summary>
internal static class BearerChallenge
{
    public static string Format(string scheme, string? error, string? description, string? uri)
    {
        var header = new StringBuilder(scheme);

        // "Bearer" takes its first parameter after a blank, "Bearer realm=…" after a comma.
        var separator = scheme.Contains(' ', StringComparison.Ordinal) ? ", " : " ";
        separator = Append(header, separator, "error", error);
        separator = Append(header, separator, "error_description", description);
        Append(header, separator, "error_uri", uri);
        return header.ToString();
    }

    /// <summary>The reasons a caller may know. Anything unexpected stays in the log.</summary>
    public static string Describe(Exception failure)
    {
        var failures = failure is AggregateException aggregate ? aggregate.InnerExceptions : (IEnumerable<Exception>)[failure];
        return string.Join("; ", failures.Select(DescribeOne).Where(static text => text.Length > 0));
    }

    // From special to general, as some of these derive from others.
    private static string DescribeOne(Exception failure) => failure switch
    {
        SecurityTokenInvalidAudienceException e => $"The audience '{e.InvalidAudience ?? "(null)"}' is invalid",
        SecurityTokenInvalidIssuerException e => $"The issuer '{e.InvalidIssuer ?? "(null)"}' is invalid",
        SecurityTokenNoExpirationException => "The token has no expiration",
        SecurityTokenInvalidLifetimeException e =>
            $"The token lifetime is invalid; NotBefore: '{Text(e.NotBefore)}', Expires: '{Text(e.Expires)}'",
        SecurityTokenNotYetValidException e => $"The token is not valid before '{Text(e.NotBefore)}'",
        SecurityTokenExpiredException e => $"The token expired at '{Text(e.Expires)}'",
        SecurityTokenSignatureKeyNotFoundException => "The signature key was not found",
        SecurityTokenInvalidSignatureException => "The signature is invalid",
        _ => "",
    };

    private static string Text(DateTime? time) => time?.ToString(CultureInfo.InvariantCulture) ?? "(null)";

    private static string Append(StringBuilder header, string separator, string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return separator;
        }

        header.Append(separator).Append(name).Append("=\"");
        foreach (var character in value)
        {
            // The only characters that section 3 allows: no quote or backslash, nothing outside printable ASCII. A caller's own
            // text (an audience, say) must not be able to end the parameter or the header.
            header.Append(character is >= ' ' and <= '~' and not ('"' or '\\') ? character : '?');
        }

        header.Append('"');
        return ", ";
    }
}
