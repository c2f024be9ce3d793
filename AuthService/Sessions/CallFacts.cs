using AiMesh.ServiceDefaults.Identity.Tokens;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace AiMesh.AuthService.Sessions;

/// <summary>What the transport knows of a call beyond its principal.</summary>
internal sealed class CallFacts(ClientAddress addresses, AccessTokenVerifier verifier)
{
    private const string Scheme = "Bearer ";

    public string AddressOf(ServerCallContext context) => addresses.Of(context.GetHttpContext());

    /// <summary>When the caller's access token expires; null where the caller came by another credential.</summary>
    public async Task<Timestamp?> ExpiryOfAsync(ServerCallContext context)
    {
        // Verified a moment ago, so this only looks it up in the cache.
        var header = context.GetHttpContext().Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && await verifier.VerifyAsync(header[Scheme.Length..].Trim(), context.CancellationToken) is VerifiedToken verified
                ? Timestamp.FromDateTimeOffset(verified.Claims.Expires)
                : null;
    }
}
