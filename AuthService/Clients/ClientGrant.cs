using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Clients;

/// <summary>
/// Gives clients access tokens. A token is issued while the client's row is locked, so whoever revokes the client or changes its roles
/// comes either before, and is seen, or after, and revokes the token.
/// </summary>
internal sealed class ClientGrant(AuthDatabase database, AccessTokenIssuer issuer)
{
    /// <returns>The token, or why there is none: an <see cref="OAuthError"/>, or a fault that is nobody's mistake.</returns>
    public async Task<Result<(IssuedToken? Token, OAuthError? Refusal)>> GrantAsync(TokenRequest request, string address, CancellationToken cancellationToken)
    {
        var owner = ClientId.IsPlausible(request.ClientId) ? await ClientStore.FindOwnerAsync(database, request.ClientId, cancellationToken) : null;
        await using var transaction = await database.BeginAsync(owner?.Organisation ?? "", cancellationToken);
        if (owner is null || !ClientSecret.Matches(request.Secret, owner.SecretHash))
            return await RefuseAsync(transaction, owner is null ? null : request.ClientId, address, cancellationToken);

        var client = await ClientStore.LockAsync(transaction, request.ClientId, cancellationToken);
        if (client is not { RevokedAt: null }) return await RefuseAsync(transaction, request.ClientId, address, cancellationToken);
        if (await ClientSubject.ReadAsync(transaction, client, cancellationToken) is not { } subject) return (null, OAuthError.InvalidClient);
        if (!TryReadScopes(request.Scope, subject.Permissions, out var scopes)) return (null, new OAuthError("invalid_scope", "The scope is malformed, or more than the client may have."));
        if (!issuer.Issue(subject, new TokenTerms(PrincipalKind.Client, client.Id) { Scopes = scopes }).TryGet(out var token, out var tooMuch)) return tooMuch;

        await ClientStore.TouchAsync(transaction, client.Id, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("client.token", client.Id, client.Id) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (token, null);
    }

    /// <summary>What is asked for must be granted: a token with less than that would only fail later (RFC 6749 section 3.3 allows both).</summary>
    private static bool TryReadScopes(string? text, IEnumerable<string> granted, out PermissionSet? scopes)
    {
        scopes = null;
        if (text is null) return true;
        var isRead = PermissionSet.TryCreate(text.Split(' ', StringSplitOptions.RemoveEmptyEntries), out var asked);
        var all = PermissionSet.Create(granted);
        scopes = asked;
        return isRead && !asked.Patterns.IsEmpty && asked.Patterns.All(all.Allows);
    }

    private static async Task<Result<(IssuedToken?, OAuthError?)>> RefuseAsync(
        AuthTransaction transaction, string? clientId, string address, CancellationToken cancellationToken)
    {
        await transaction.WriteAsync(new AuditEntry("client.token_refused", null, clientId) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (null, OAuthError.InvalidClient);
    }
}
