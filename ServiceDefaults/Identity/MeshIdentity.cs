using System.Security.Claims;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Carries a <see cref="Principal"/> through ASP.NET Core. A handler of any scheme answers with
/// <c>new ClaimsPrincipal(new MeshIdentity(principal, scheme))</c>.
/// </summary>
public sealed class MeshIdentity(Principal principal, string scheme)
    : ClaimsIdentity(principal.IsAuthenticated ? scheme : null, "sub", "role")
{
    /// <summary>The caller.</summary>
    public Principal Principal { get; } = principal;

    /// <summary>The caller's id, for access logs of the framework.</summary>
    public override string Name => Principal.Subject;

    /// <inheritdoc/>
    public override ClaimsIdentity Clone() => new MeshIdentity(Principal, AuthenticationType ?? "");
}
