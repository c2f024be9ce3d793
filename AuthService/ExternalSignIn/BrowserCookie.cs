using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>
/// A secret of the browser in which a sign-in began, so that it ends in the same one: nobody can have somebody else's browser finish a
/// sign-in of theirs (RFC 9700 section 4.7). SameSite=Lax, because the provider sends the browser back from another site.
/// </summary>
internal static class BrowserCookie
{
    // The prefix makes browsers refuse it from subdomains and without TLS; http is for developers only.
    private const string Name = "__Host-aimesh-sign-in";
    private const string NameWithoutTls = "aimesh-sign-in";
    private const int Length = 32;

    /// <summary>The browser's secret, made anew where it has none. Several sign-ins at once, in tabs, share it.</summary>
    public static byte[] Ensure(HttpContext context, Uri publicAddress, TimeSpan lifetime)
    {
        var secret = Read(context, publicAddress) ?? RandomNumberGenerator.GetBytes(Length);
        context.Response.Cookies.Append(NameFor(publicAddress), Base64Url.EncodeToString(secret), new CookieOptions
        {
            HttpOnly = true,
            IsEssential = true,
            MaxAge = lifetime,
            Path = "/",
            SameSite = SameSiteMode.Lax,
            Secure = IsSecure(publicAddress),
        });
        return secret;
    }

    /// <summary>The secret, or null when there is none of ours.</summary>
    public static byte[]? Read(HttpContext context, Uri publicAddress) =>
        context.Request.Cookies[NameFor(publicAddress)] is { Length: 43 } text && Base64Url.IsValid(text) && Base64Url.DecodeFromChars(text) is { Length: Length } secret ? secret : null;

    /// <summary>What a state may say of it.</summary>
    public static string HashOf(byte[] secret) => Base64Url.EncodeToString(SHA256.HashData([.. "sign-in browser"u8, .. secret]));

    public static bool IsSame(byte[] secret, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(secret)), Encoding.UTF8.GetBytes(hash));

    private static string NameFor(Uri publicAddress) => IsSecure(publicAddress) ? Name : NameWithoutTls;

    private static bool IsSecure(Uri publicAddress) => publicAddress.Scheme == Uri.UriSchemeHttps;
}
