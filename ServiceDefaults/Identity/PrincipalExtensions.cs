using System.Security.Claims;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>Reaches the <see cref="Principal"/> of a call.</summary>
public static class PrincipalExtensions
{
    /// <summary>Who makes this request, narrowed by policies; <see cref="Principal.Anonymous"/> when nobody was authenticated.</summary>
    public static Principal GetPrincipal(this HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.User.Identity is MeshIdentity { IsAuthenticated: true } identity ? identity.PrincipalOf(httpContext) : Principal.Anonymous;
    }

    /// <inheritdoc cref="GetPrincipal(HttpContext)"/>
    public static Principal GetPrincipal(this ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetHttpContext().GetPrincipal();
    }

    /// <summary>The caller that a claims principal carries, not narrowed by policies; any other kind of identity counts as nobody.</summary>
    public static Principal GetPrincipal(this ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.Identity is MeshIdentity { IsAuthenticated: true } identity ? identity.Principal : Principal.Anonymous;
    }
}
