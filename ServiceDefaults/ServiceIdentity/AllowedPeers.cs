using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>Says of an endpoint which services may call it.</summary>
internal sealed record AllowedPeers(ImmutableArray<string> Services);

/// <summary>The calling service may not make this call, whoever it makes it for: PERMISSION_DENIED, reason PEER_DENIED.</summary>
internal sealed record PeerDenied() : MeshError(StatusCode.PermissionDenied, "PEER_DENIED", "The calling service may not make this call.");

/// <summary>Holds requests to what their endpoint says. Without mutual TLS no peer is known, and none is asked for.</summary>
internal sealed partial class AllowedPeersMiddleware(RequestDelegate next, MeshConnector connector, ILogger<AllowedPeersMiddleware> logger)
{
    public Task InvokeAsync(HttpContext httpContext)
    {
        if (!connector.IsMutual || httpContext.GetEndpoint()?.Metadata.GetMetadata<AllowedPeers>() is not { } allowed) return next(httpContext);
        var peer = httpContext.GetMeshPeer()?.Service;
        if (peer is not null && allowed.Services.Contains(peer)) return next(httpContext);
        Log.Refused(logger, peer ?? "nobody", httpContext.Request.Path);
        return new PeerDenied().ToProblem().ExecuteAsync(httpContext);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "'{Peer}' is not among the services that may call {Path}")]
        public static partial void Refused(ILogger logger, string peer, string path);
    }
}
