using System.Security.Claims;
using System.Text.Encodings.Web;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.ApiKeys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AiMesh.Gateway.Edge;

/// <summary>
/// Signs programs in by API key: as x-api-key, or as a Bearer token, where OpenAI SDKs put it. The key goes no further than here: services
/// get the access token that AuthService gave in exchange.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "ApiKey";

    private const string Header = "x-api-key";
    private const string Bearer = "Bearer ";

    public static bool IsPresent(HttpRequest request) => request.Headers.ContainsKey(Header) || BearerKeyOf(request) is not null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers[Header];
        Request.Headers.Remove(Header);
        var key = header.Count switch
        {
            0 => BearerKeyOf(Request),

            // Whoever sends two credentials may mean either: guessing wrong would act for the wrong one.
            1 when !Request.Headers.ContainsKey(HeaderNames.Authorization) => header[0],
            _ => null,
        };
        Request.Headers.Remove(HeaderNames.Authorization);
        if (key is null) return Refuse(new ApiKeyRefused("CREDENTIALS_AMBIGUOUS"));

        return await tokens.FindAsync(key, Context.RequestAborted) switch
        {
            ApiKeyAccepted accepted => Accept(accepted),
            ApiKeyRefused refused => Refuse(refused),
            var other => throw new InvalidOperationException($"{other.GetType().Name} is no outcome of an exchange."),
        };
    }

    private static string? BearerKeyOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && value.AsSpan(Bearer.Length).TrimStart().StartsWith(ApiKeyFormat.Start, StringComparison.Ordinal)
            ? value[Bearer.Length..].Trim()
            : null;

    private AuthenticateResult Accept(ApiKeyAccepted accepted)
    {
        Request.Headers.Authorization = $"{Bearer}{accepted.AccessToken}";
        return AuthenticateResult.Success(
            new AuthenticationTicket(new ClaimsPrincipal(new MeshIdentity(accepted.Token.Principal, Scheme)), Scheme));
    }

    private AuthenticateResult Refuse(ApiKeyRefused refused)
    {
        AuthenticationFailure.Note(Context, refused.Reason, refused.IsOutage);
        return AuthenticateResult.Fail(refused.Reason);
    }
}
