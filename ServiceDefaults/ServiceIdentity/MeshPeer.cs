using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>The service at the other end of a connection, proved by its certificate. It says who calls, not for whom: that is the token's.</summary>
/// <param name="Service">Name of the service, for example "gateway".</param>
/// <param name="Environment">Environment that it belongs to, always this service's own.</param>
/// <param name="NotBefore">When its certificate began.</param>
/// <param name="NotAfter">When its certificate ends.</param>
public sealed record MeshPeer(string Service, string Environment, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    // A peer renews at half of a certificate's life. What still speaks with it at nine tenths is a connection from before.
    internal DateTimeOffset LeaveAt { get; } = NotAfter - ((NotAfter - NotBefore) / 10);
}

/// <summary>Who is at the other end.</summary>
public static class MeshPeerExtensions
{
    /// <summary>The service that made the connection; null without mutual TLS.</summary>
    public static MeshPeer? GetMeshPeer(this HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.Features.Get<MeshPeer>();
    }
}
