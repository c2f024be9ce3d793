using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Grpc.Core;

namespace AiMesh.DataService.Events;

/// <summary>The access token that a stream was begun with. A stream outlives the check at its beginning, so it asks again and again.</summary>
internal sealed record WatchToken(string Value)
{
    private const string Prefix = "Bearer ";

    public static WatchToken Of(ServerCallContext context) =>
        new(context.RequestHeaders.GetValue("authorization") is { } header && header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[Prefix.Length..].Trim() : "");

    /// <summary>Null while the token is in force. An authority that cannot be reached ends no stream: what is known stays known.</summary>
    public async Task<MeshError?> CheckAsync(AccessTokenVerifier verifier, CancellationToken cancellationToken) =>
        await verifier.VerifyAsync(Value, cancellationToken) switch
        {
            TokenRejected { Reason: TokenRejection.Expired } => new Unauthenticated("TOKEN_EXPIRED"),
            TokenRejected { Reason: TokenRejection.Revoked } => new Unauthenticated("TOKEN_REVOKED"),
            TokenRejected { Reason: not TokenRejection.AuthorityUnavailable } => new Unauthenticated("TOKEN_REFUSED"),
            _ => null,
        };
}
