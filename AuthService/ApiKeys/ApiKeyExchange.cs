using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>
/// Exchanges API keys for access tokens. A token is issued while the owner's row is locked for sharing and the key's for itself, so
/// whoever changes the owner or revokes the key comes either before, and is seen, or after, and revokes the token.
/// </summary>
internal sealed class ApiKeyExchange(AuthDatabase database, AccessTokenIssuer issuer)
{
    public async Task<Result<IssuedToken>> ExchangeAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length == 0) return new InvalidField("key", "is required");
        if (ApiKeySecret.Parse(text) is not { } secret) return new InvalidApiKey();
        if (await ApiKeyStore.FindOwnerAsync(database, secret.Prefix, cancellationToken) is not { } owner || !secret.Matches(owner.SecretHash)) return new InvalidApiKey();

        await using var transaction = await database.BeginAsync(owner.Organisation, cancellationToken);
        var subject = await TokenSubject.LockAsync(transaction, owner.UserId, cancellationToken);
        var key = await ApiKeyStore.LockAsync(transaction, owner.Id, cancellationToken);
        if (subject is null || key is null) return new InvalidApiKey();
        if (key.RevokedAt is not null) return ApiKeyOutOfForce.Revoked;
        if (key.ExpiresAt <= subject.Now.UtcDateTime) return ApiKeyOutOfForce.Expired;
        if (subject.Disabled) return ApiKeyOutOfForce.OwnerDisabled;

        var terms = new TokenTerms(PrincipalKind.ApiKey, key.Id)
        {
            Scopes = PermissionSet.Create(key.Scopes),
            EndsBy = key.ExpiresAt is { } expiry ? new DateTimeOffset(expiry) : null,
            RequestsPerMinute = key.RequestsPerMinute == 0 ? null : key.RequestsPerMinute,
        };
        if (!issuer.Issue(subject, terms).TryGet(out var token, out var tooMuch)) return tooMuch;

        await ApiKeyStore.TouchAsync(transaction, key.Id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return token;
    }
}
