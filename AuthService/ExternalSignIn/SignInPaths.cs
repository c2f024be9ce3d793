namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>The addresses that browsers go to. Each provider has a callback of its own, so that one can't answer for another (RFC 9700 section 4.4).</summary>
internal static class SignInPaths
{
    public const string Start = "/api/auth/external/{organisation}/{provider}/start";
    public const string Complete = "/api/auth/external/{organisation}/{provider}/callback";

    /// <summary>Both names are of characters that stand for themselves in an address.</summary>
    public static Uri Callback(Uri publicAddress, string organisation, string provider) => new(publicAddress, $"/api/auth/external/{organisation}/{provider}/callback");
}
