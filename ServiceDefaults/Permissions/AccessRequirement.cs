using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>Who may call: the one check that RPCs and hand-written endpoints share.</summary>
/// <typeparam name="TSource">What a permission's fields are read from.</typeparam>
internal sealed class AccessRequirement<TSource>
{
    private AccessRequirement(bool anonymous, PermissionTemplate<TSource>? permission, bool devices) =>
        (Anonymous, Permission, Devices) = (anonymous, permission, devices);

    public bool Anonymous { get; }

    public bool Devices { get; }

    public PermissionTemplate<TSource>? Permission { get; }

    public static AccessRequirement<TSource> Anyone() => new(anonymous: true, permission: null, devices: true);

    public static AccessRequirement<TSource> Authenticated(bool devices) => new(anonymous: false, permission: null, devices);

    public static AccessRequirement<TSource> Holder(PermissionTemplate<TSource> permission, bool devices) => new(anonymous: false, permission, devices);

    /// <summary>Null when the call may go on; otherwise what the caller is told.</summary>
    public MeshError? Check(Principal principal, HttpContext httpContext, TSource source)
    {
        if (Anonymous) return null;
        if (!principal.IsAuthenticated) return Stranger(httpContext);

        // A device holds no permissions: what it may do is send and fetch data of its own, where the contract says so.
        if (principal.Kind == PrincipalKind.Device) return Devices ? null : new DeviceNotAllowed();
        return Permission?.Check(principal.Permissions, source, principal.Guard);
    }

    private static MeshError Stranger(HttpContext httpContext) => AuthenticationFailure.Of(httpContext) switch
    {
        null => new Unauthenticated("CREDENTIAL_MISSING"),
        { IsOutage: true } => new Unavailable("the authority that verifies access tokens"),
        { } failure => new Unauthenticated(failure.Reason),
    };
}
