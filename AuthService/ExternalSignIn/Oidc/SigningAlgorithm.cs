namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>The algorithms that ID tokens of others may be signed with. None of them but ES256 is ever accepted for an access token of ours.</summary>
internal static class SigningAlgorithm
{
    public const string Rs256 = "RS256";
    public const string Ps256 = "PS256";
    public const string Es256 = "ES256";

    public static bool IsKnown(string name) => name is Rs256 or Ps256 or Es256;
}
