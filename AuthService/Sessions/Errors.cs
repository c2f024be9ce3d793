using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Sessions;

/// <summary>The same answer whether the account is unknown or disabled or the password wrong.</summary>
internal sealed record InvalidCredentials()
    : MeshError(StatusCode.Unauthenticated, "INVALID_CREDENTIALS", "The e-mail address or the password is wrong.");

/// <summary>The same answer for every refresh token that is not, or no longer, good.</summary>
internal sealed record InvalidRefreshToken()
    : MeshError(StatusCode.Unauthenticated, "REFRESH_TOKEN_INVALID", "The refresh token is unknown, expired or was used before: sign in again.");

/// <summary>Too many failures; known before the password is even looked at.</summary>
internal sealed record SignInPaused : MeshError
{
    public SignInPaused(TimeSpan pause)
        : base(StatusCode.ResourceExhausted, "SIGN_IN_PAUSED", "Too many failed attempts to sign in; try again later.") => RetryAfter = pause;
}

/// <summary>Roles and attributes of the user have outgrown an access token.</summary>
internal sealed record TooMuchForToken() : MeshError(
    StatusCode.FailedPrecondition, "TOKEN_TOO_LARGE", "Roles and attributes of this user do not fit into an access token: an administrator must give fewer.");
