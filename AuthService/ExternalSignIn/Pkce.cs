using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Proof Key for Code Exchange, S256 only (RFC 7636).</summary>
internal static class Pkce
{
    private const int ChallengeLength = 43;

    public static string NewVerifier() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    public static bool IsChallenge(string text) => text.Length == ChallengeLength && Base64Url.IsValid(text);

    public static bool IsVerifier(string text) =>
        text.Length is >= 43 and <= 128 && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' or '~');
}
