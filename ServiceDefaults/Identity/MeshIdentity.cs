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

    /// <summary>Set where the pipeline has them at hand: asking the request's container costs more than the rest of a small request.</summary>
    internal AccessPolicies? Policies { get; set; }

    /// <summary>The caller as policies narrow them in this request, to which the identity belongs.</summary>
    internal Principal PrincipalOf(HttpContext httpContext)
    {
        if (_bound is null)
        {
            Policies ??= httpContext.RequestServices.GetRequiredService<AccessPolicies>();
            _bound = Policies.Concern(Principal.Organisation) ? Policies.Bind(Principal, CallerAddress.Of(httpContext)) : Principal;
        }

        return _bound;
    }

    /// <inheritdoc/>
    public override ClaimsIdentity Clone() => new MeshIdentity(Principal, AuthenticationType ?? "");
}
