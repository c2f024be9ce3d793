using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>How the JWT bearer scheme carries a refusal: it knows exceptions only. Created per bad token, never thrown.</summary>
internal sealed class TokenRejectedException(TokenRejection reason) : SecurityTokenValidationException($"The access token is refused: {reason}.")
{
    public TokenRejection Reason { get; } = reason;
}
