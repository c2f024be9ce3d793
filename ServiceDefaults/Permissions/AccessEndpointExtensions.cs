using System.Globalization;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Access to hand-written HTTP endpoints (server-sent events, WebSocket), by the same check that RPCs go through.</summary>
public static class AccessEndpointExtensions
{
    /// <summary>Requires a permission; "{name}" in it stands for the route value of that name. Refusals are problem details.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="permission">For example "ai:ask" or "data:read:{dataset}".</param>
    /// <param name="devices">Devices may call as well, for data of their own only.</param>
    /// <exception cref="ArgumentException">The permission is malformed.</exception>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder builder, string permission, bool devices = false)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(permission);
        var template = PermissionTemplate<HttpContext>.TryCompile(permission, RouteValue, out var problem)
            ?? throw new ArgumentException(problem, nameof(permission));
        return builder.Require(AccessRequirement<HttpContext>.Holder(template, devices));
    }

    /// <summary>Requires any valid credential.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="devices">Devices may call as well, for data of their own only.</param>
    public static TBuilder RequireSignIn<TBuilder>(this TBuilder builder, bool devices = false)
        where TBuilder : IEndpointConventionBuilder => builder.Require(AccessRequirement<HttpContext>.Authenticated(devices));

    private static TBuilder Require<TBuilder>(this TBuilder builder, AccessRequirement<HttpContext> requirement)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        // Around the finished delegate, so that it runs before parameters are bound, filters run and bodies are read.
        builder.Finally(endpoint =>
        {
            var next = endpoint.RequestDelegate;
            if (next is null) return;
            endpoint.RequestDelegate = httpContext => requirement.Check(httpContext.GetPrincipal(), httpContext, httpContext) is { } error
                ? error.ToProblem().ExecuteAsync(httpContext)
                : next(httpContext);
        });
        return builder;
    }

    private static Func<HttpContext, string?> RouteValue(string name) =>
        httpContext => Convert.ToString(httpContext.GetRouteValue(name), CultureInfo.InvariantCulture);
}
