using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Sessions;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>
/// Where browsers reach the mesh. What the request says of that is believed in Development and Test only: elsewhere a forged Host header
/// would become part of a redirect address.
/// </summary>
internal sealed class PublicAddress(IOptions<KeyOptions> options, ClientAddress addresses, IHostEnvironment environment)
{
    /// <summary>Null where it is not known, or has no TLS.</summary>
    public Uri? Of(HttpContext context)
    {
        var isForDevelopers = environment.IsDevelopment() || environment.IsEnvironment("Test");
        var address = options.Value.PublicAddress ?? (isForDevelopers ? addresses.ReachedAt(context) : null);
        return address?.Scheme == Uri.UriSchemeHttps || (isForDevelopers && address is { IsLoopback: true }) ? address : null;
    }
}
