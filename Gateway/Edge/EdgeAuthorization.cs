using System.Security.Claims;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authorization;

namespace AiMesh.Gateway.Edge;

/// <summary>
/// Lets through at once what the fallback policy would let through: a signed-in person or program on an endpoint that says nothing about
/// authorization itself. Everything else, also every refusal, is left to ASP.NET Core's authorization, which asks several services of the
/// container for each request and so takes longer than the rest of the gateway's own work.
/// </summary>
internal static class EdgeAuthorization
{
    // Set by UseAuthorization; without it WebApplication puts one in front of the pipeline, before anybody is signed in.
    private const string AuthorizationIsThere = "__AuthorizationMiddlewareSet";

    public static void UseEdgeAuthorization(this WebApplication app)
    {
        ((IApplicationBuilder)app).Properties[AuthorizationIsThere] = true;
        app.UseWhen(static context => !IsPlain(context), static others => others.UseAuthorization());
    }

    /// <summary>What the policy for endpoints without one asks for.</summary>
    public static bool IsPersonOrProgram(ClaimsPrincipal user) =>
        user.Identity is MeshIdentity { IsAuthenticated: true, Principal.Kind: not PrincipalKind.Device };

    private static bool IsPlain(HttpContext context) =>
        context.GetEndpoint() is { Metadata: var metadata }
        && metadata.GetMetadata<IAuthorizeData>() is null
        && metadata.GetMetadata<AuthorizationPolicy>() is null
        && metadata.GetMetadata<IAuthorizationRequirementData>() is null
        && IsPersonOrProgram(context.User);
}
