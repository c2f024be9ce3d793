using AiMesh.Auth.V1;

namespace AiMesh.AuthService.Sessions;

/// <summary>What a client gets when it signs in or refreshes.</summary>
/// <param name="ExpiresIn">Seconds until the access token expires.</param>
internal sealed record TokenPair(string AccessToken, RefreshToken RefreshToken, int ExpiresIn)
{
    public TokenResponse ToMessage() =>
        new() { AccessToken = AccessToken, RefreshToken = RefreshToken.ToString(), ExpiresIn = ExpiresIn, TokenType = "Bearer" };
}
