using System.Security.Claims;
using System.Text.Encodings.Web;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.IoTIngest.Credentials;

/// <summary><c>Authorization: Device &lt;credential&gt;</c>.</summary>
internal sealed class DeviceAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, CredentialVerifier verifier)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Device";

    private const string Prefix = SchemeName + " ";

    /// <summary>Whether a request is signed in this way.</summary>
    public static bool Applies(HttpContext httpContext) =>
        httpContext.Request.Headers.Authorization is [{ } header] && header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Who a device is to authorization code: it holds no permissions, and may do what contracts allow to devices.</summary>
    public static Principal PrincipalOf(KnownDevice device) => new()
    {
        Kind = PrincipalKind.Device,
        Subject = device.Id,
        Organisation = device.Organisation,
        TokenId = device.CredentialId,
        SessionId = device.CredentialId,
    };

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!Applies(Context))
            return AuthenticateResult.NoResult();

        var text = Request.Headers.Authorization.ToString()[Prefix.Length..].Trim();
        try
        {
            var verified = await verifier.VerifyAsync(text, Context.RequestAborted);
            if (!verified.TryGet(out var device, out var error))
                return Refuse(error.Reason);

            Context.Features.Set(device);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new MeshIdentity(PrincipalOf(device), SchemeName)), SchemeName));
        }
        catch (NpgsqlException exception) when (exception.IsTransient || exception.InnerException is TimeoutException)
        {
            return Refuse("DEVICE_REGISTRY_UNAVAILABLE", isOutage: true);
        }
    }

    private AuthenticateResult Refuse(string reason, bool isOutage = false)
    {
        AuthenticationFailure.Note(Context, reason, isOutage);
        return AuthenticateResult.Fail(reason);
    }
}
