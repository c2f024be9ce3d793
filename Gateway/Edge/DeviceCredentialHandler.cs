using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Encodings.Web;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Edge;

/// <summary>
/// Lets requests with a well-formed device credential through to the routes of devices. Only IoTIngest holds the registry, so it
/// alone decides whether the credential is good; nothing but ingest is reachable with this principal, and it holds no permission.
/// </summary>
internal sealed class DeviceCredentialHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Device";
    private const string HeaderPrefix = "Device ";
    private const string CredentialPrefix = "amd_";
    private const int MaxLength = 512;

    public static bool IsPresent(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsPresent(Request))
            return Task.FromResult(AuthenticateResult.NoResult());

        var credential = Request.Headers.Authorization.ToString().AsSpan(HeaderPrefix.Length).Trim();
        if (credential.Length is 0 or > MaxLength || !credential.StartsWith(CredentialPrefix, StringComparison.Ordinal))
            return Task.FromResult(AuthenticateResult.Fail("Malformed device credential."));

        var principal = Principal.Anonymous with { Kind = PrincipalKind.Device, Roles = ImmutableArray<string>.Empty };
        return Task.FromResult(AuthenticateResult.Success(
            new AuthenticationTicket(new ClaimsPrincipal(new MeshIdentity(principal, Scheme)), Scheme)));
    }
}
