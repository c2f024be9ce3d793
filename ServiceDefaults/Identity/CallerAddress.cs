using System.Net;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// The address from which a request came into the mesh. The gateway, and every service that calls another for somebody, says it in X-Forwarded-For; it is
/// believed of services of the mesh, which prove themselves by certificate, and of nobody else.
/// </summary>
public static class CallerAddress
{
    internal const string Header = "x-forwarded-for";

    /// <summary>The address in plain form, or null where it is not known.</summary>
    public static IPAddress? Of(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var said = httpContext.Request.Headers[Header] is [.., { Length: > 0 } last] ? Parse(last) : null;

        // A service that does not say for whom it calls: its own address would stand for somebody else's.
        if (httpContext.GetMeshPeer() is not null) return said;
        if (httpContext.Connection.RemoteIpAddress is not { } peer) return null;
        var isMeshWithoutCertificates = IPAddress.IsLoopback(peer) && httpContext.RequestServices.GetService<MeshConnector>() is { IsMutual: false };
        return isMeshWithoutCertificates && said is not null ? said : AddressRange.Plain(peer);
    }

    // The last entry: what was before it came from further away, and from whom nobody knows.
    private static IPAddress? Parse(string header) =>
        IPAddress.TryParse(header.AsSpan(header.LastIndexOf(',') + 1).Trim(), out var address) ? AddressRange.Plain(address) : null;
}
