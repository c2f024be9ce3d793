using System.Security.Claims;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Carries a <see cref="Principal"/> through ASP.NET Core. A handler of any scheme answers with
/// <c>new ClaimsPrincipal(new MeshIdentity(principal, scheme))</c>.
/// </summary>
public sealed class MeshIdentity(Principal principal, string scheme)
    : ClaimsIdentity(principal.IsAuthenticated ? scheme : null, "sub", "role")
{
    private Principal? _bound;

    /// <summary>The caller, as the credential says.</summary>
    public Principal Principal { get; } = principal;

    /// <summary>The caller's id, for access logs of the framework.</summary>
    public override string Name => Principal.Subject;

    /// <summary>The caller as policies narrow them in this request, to which the identity belongs.</summary>
    internal Principal PrincipalOf(HttpContext httpContext) =>
        _bound ??= httpContext.RequestServices.GetRequiredService<AccessPolicies>().Bind(Principal, () => CallerAddress.Of(httpContext));

    /// <inheritdoc/>
    public override ClaimsIdentity Clone() => new MeshIdentity(Principal, AuthenticationType ?? "");
}
