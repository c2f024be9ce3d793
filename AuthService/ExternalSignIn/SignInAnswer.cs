using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.ExternalSignIn.Providers;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>Turns the provider's answer to an authorization request into claims that are to be believed.</summary>
internal sealed class SignInAnswer(AuthDatabase database, MasterKeyRing masterKeys, ProviderDirectory directory, CodeExchange exchange)
{
    private const int MaxErrorLength = 64;

    public async Task<Result<ExternalIdentity>> RedeemAsync(SignInState state, CallbackRequest request, CancellationToken cancellationToken)
    {
        // Read again: an administrator may have changed or disabled the provider while somebody was typing a password there.
        if (await FindAsync(state, cancellationToken) is not { } provider) return new StateRefused("provider_gone");
        if (provider.Issuer != state.Issuer || provider.ClientId != state.ClientId) return new StateRefused("provider_changed");
        if (!(await directory.FindAsync(provider.Issuer, cancellationToken)).TryGet(out var metadata, out var unusable)) return unusable;

        // RFC 9207: who answers says so, and must be the one who was asked. Before anything else of the answer is looked at.
        if (request.Issuer is null ? metadata.NamesIssuerInAnswers : request.Issuer != metadata.Issuer) return new IdentityRefused("answer_issuer");
        if (request.Error is { } error) return new SignInDenied(Plain(error));
        if (request.Code is not { Length: > 0 } code) return new SignInDenied("no_code");

        var claims = await exchange.ExchangeAsync(
            metadata,
            new CodeGrant
            {
                Code = code,
                RedirectAddress = state.RedirectAddress,
                Verifier = state.Verifier,
                Nonce = state.Nonce,
                ClientId = provider.ClientId,
                ClientSecret = ProviderSecret.Open(masterKeys, state.Organisation, provider),
                ReadsUserInfo = provider.ReadsUserInfo,
            },
            cancellationToken);
        return claims.Then<ExternalIdentity>(found => new ExternalIdentity(provider, found));
    }

    private async Task<IdentityProviderRecord?> FindAsync(SignInState state, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(state.Organisation, cancellationToken);
        if (await IdentityProviderStore.FindAsync(transaction, state.Provider, cancellationToken) is not { Disabled: false } provider) return null;
        if (ProviderSecret.Renew(masterKeys, state.Organisation, provider) is not { } renewed) return provider;

        await IdentityProviderStore.RenewSecretAsync(transaction, provider, renewed, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return provider with { Secret = renewed };
    }

    /// <summary>The provider's error code, as far as it can be one (RFC 6749 section 4.1.2.1): it goes into an audit record.</summary>
    private static string Plain(string error) =>
        error.Length <= MaxErrorLength && error.All(static character => char.IsAsciiLetterLower(character) || character == '_') ? error : "error";
}

/// <summary>Somebody whom a provider has signed in.</summary>
internal sealed record ExternalIdentity(IdentityProviderRecord Provider, ExternalClaims Claims);
