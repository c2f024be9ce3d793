using System.Buffers.Text;
using System.Security.Cryptography;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.ExternalSignIn.Providers;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Sends a browser to a provider (OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636, RFC 9700).</summary>
internal sealed partial class SignInStart(
    AuthDatabase database, ProviderDirectory directory, SealedOnce seals, IOptions<ExternalSignInOptions> options, ILogger<SignInStart> logger)
{
    /// <returns>The address to send the browser to.</returns>
    public async Task<Result<string>> BeginAsync(StartRequest request, CancellationToken cancellationToken)
    {
        if (CheckReturn(request) is { } wrong) return wrong;
        if (await FindAsync(request, cancellationToken) is not { } provider) return new NotFound("identity provider", request.Provider);
        if (!(await directory.FindAsync(provider.Issuer, cancellationToken)).TryGet(out var metadata, out var unusable))
        {
            Log.Unusable(logger, provider.Name, request.Organisation, (unusable as ExternalSignInError)?.Problem ?? unusable.Reason);
            return unusable;
        }

        var state = new SignInState
        {
            Organisation = request.Organisation,
            Provider = provider.Name,
            Issuer = provider.Issuer,
            ClientId = provider.ClientId,
            RedirectAddress = SignInPaths.Callback(request.PublicAddress, request.Organisation, provider.Name).AbsoluteUri,
            Nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            Verifier = Pkce.NewVerifier(),
            Browser = BrowserCookie.HashOf(request.Browser),
            ReturnTo = request.ReturnTo,
            Challenge = request.Challenge,
        };
        return QueryHelpers.AddQueryString(metadata.AuthorizationEndpoint.AbsoluteUri, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = state.RedirectAddress,
            ["scope"] = string.Join(' ', ["openid", .. provider.Scopes]),
            ["state"] = seals.Seal(SignInState.Purpose, state, options.Value.StateLifetime),
            ["nonce"] = state.Nonce,
            ["code_challenge"] = Pkce.ChallengeOf(state.Verifier),
            ["code_challenge_method"] = "S256",
        });
    }

    /// <summary>Only addresses that the mesh's configuration names: everybody may make a link to us that begins a sign-in.</summary>
    private InvalidField? CheckReturn(StartRequest request)
    {
        if (request.ReturnTo is null) return request.Challenge is null ? null : new InvalidField("code_challenge", "goes together with return_to");
        if (!options.Value.ReturnAddresses.Contains(request.ReturnTo, StringComparer.Ordinal)) return new InvalidField("return_to", "must be one of the configured addresses");
        return request.Challenge is { } challenge && Pkce.IsChallenge(challenge)
            ? null
            : new InvalidField("code_challenge", "must be the S256 challenge (RFC 7636) of a verifier that the page keeps");
    }

    private async Task<IdentityProviderRecord?> FindAsync(StartRequest request, CancellationToken cancellationToken)
    {
        if (!IdentityProviderRules.IsName(request.Provider)) return null;
        await using var transaction = await database.BeginAsync(request.Organisation, cancellationToken);
        return await IdentityProviderStore.FindAsync(transaction, request.Provider, cancellationToken) is { Disabled: false } provider ? provider : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Nobody can be sent to the identity provider {Provider} of {Organisation}: {Problem}")]
        public static partial void Unusable(ILogger logger, string provider, string organisation, string problem);
    }
}

/// <summary>A request to begin.</summary>
/// <param name="Browser">The secret of the browser's cookie.</param>
internal sealed record StartRequest(string Organisation, string Provider, Uri PublicAddress, byte[] Browser, string? ReturnTo, string? Challenge);
