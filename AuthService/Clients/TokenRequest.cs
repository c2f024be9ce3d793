using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace AiMesh.AuthService.Clients;

/// <summary>A request for a token by client credentials, read as RFC 6749 sections 2.3.1, 3.2 and 4.4.2 say.</summary>
/// <param name="ClientId">Who asks.</param>
/// <param name="Secret">What proves it.</param>
/// <param name="Scope">What is asked for, patterns divided by spaces; null: everything.</param>
internal sealed record TokenRequest(string ClientId, string Secret, string? Scope)
{
    private const string FormType = "application/x-www-form-urlencoded";
    private const string Basic = "Basic ";
    private const int MaxFieldLength = 4_096;
    private const int MaxBodyLength = 16 * 1024;
    private static readonly string[] Known = ["grant_type", "client_id", "client_secret", "scope"];

    /// <summary>The request, or what is wrong with it.</summary>
    public static async Task<(TokenRequest? Request, OAuthError? Error)> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentType is not { } type || !type.Split(';')[0].Trim().Equals(FormType, StringComparison.OrdinalIgnoreCase))
            return Wrong($"The body must be {FormType}.");
        if (await ReadFormAsync(context) is not { } form) return Wrong("The form is malformed or too long.");
        if (form.Keys.FirstOrDefault(name => form[name].Count > 1) is { } twice) return Wrong($"{(Known.Contains(twice) ? twice : "A parameter")} stands there more than once.");
        if (form["grant_type"] is not [{ Length: > 0 } grant]) return Wrong("grant_type is missing.");
        if (grant != "client_credentials") return (null, new OAuthError("unsupported_grant_type", "The only grant_type served here is client_credentials."));

        var scope = form["scope"] is [{ Length: > 0 } text] ? text : null;
        var inForm = form.ContainsKey("client_secret");
        if (context.Request.Headers.Authorization is [{ } header] && header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            // One way to authenticate at a time; a client_id beside the header must be the same.
            if (inForm) return Wrong("The client authenticates in two ways at once.");
            if (!TryReadBasic(header[Basic.Length..].Trim(), out var id, out var secret)) return (null, OAuthError.InvalidClient);
            if (form["client_id"] is [{ } named] && named != id) return Wrong("client_id is not that of the Authorization header.");
            return (new TokenRequest(id, secret, scope), null);
        }

        return form["client_id"] is [{ Length: > 0 } clientId] && form["client_secret"] is [{ Length: > 0 } clientSecret]
            ? (new TokenRequest(clientId, clientSecret, scope), null)
            : (null, OAuthError.InvalidClient);
    }

    private static async Task<IFormCollection?> ReadFormAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = MaxBodyLength;
        try
        {
            return await context.Request.ReadFormAsync(
                new FormOptions { ValueCountLimit = 16, KeyLengthLimit = 64, ValueLengthLimit = MaxFieldLength, BufferBodyLengthLimit = MaxBodyLength }, context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }

    /// <summary>base64 of id and secret, each form-encoded, with a colon between.</summary>
    private static bool TryReadBasic(string text, [NotNullWhen(true)] out string? id, [NotNullWhen(true)] out string? secret)
    {
        (id, secret) = (null, null);
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) return false;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0) return false;
        (id, secret) = (WebUtility.UrlDecode(pair[..colon]), WebUtility.UrlDecode(pair[(colon + 1)..]));
        return true;
    }

    private static (TokenRequest?, OAuthError?) Wrong(string description) => (null, OAuthError.InvalidRequest(description));
}
