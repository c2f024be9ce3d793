using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Passwords;

/// <summary>More sign-ins are waiting than can be served soon.</summary>
internal sealed record TooManyHashes : MeshError
{
    public TooManyHashes()
        : base(StatusCode.ResourceExhausted, "SIGN_IN_BUSY", "Too many people are signing in at this moment; try again shortly.") =>
        RetryAfter = TimeSpan.FromSeconds(1);
}
