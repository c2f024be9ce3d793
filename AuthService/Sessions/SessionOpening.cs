using System.Security.Cryptography;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Sessions;

/// <summary>Begins a session for somebody who has proved who they are.</summary>
internal sealed class SessionOpening(SessionStore sessions, AccessTokenIssuer issuer)
{
    /// <summary>Issues the first tokens of a session and commits the transaction.</summary>
    /// <param name="transaction">Acts for the user's organisation.</param>
    /// <param name="userId">Who proved it.</param>
    /// <param name="address">From where.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="identityProvider">Through which identity provider, where it was by one.</param>
    public async Task<Result<TokenPair>> OpenAsync(
        AuthTransaction transaction, string userId, string address, CancellationToken cancellationToken, string? identityProvider = null)
    {
        // Asked again under the lock: the user may have been disabled while the password was checked.
        if (await TokenSubject.LockAsync(transaction, userId, cancellationToken) is not { Disabled: false } subject) return new InvalidCredentials();

        var sessionId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (!issuer.Issue(subject, sessionId).TryGet(out var accessToken, out var tooMuch)) return tooMuch;

        var refreshToken = RefreshToken.New();
        await sessions.InsertAsync(transaction, sessionId, userId, refreshToken, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("session.login", userId, sessionId)
            {
                Address = address,
                Detail = identityProvider is null ? [] : new Dictionary<string, string> { ["identityProvider"] = identityProvider },
            },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new TokenPair(accessToken, refreshToken, issuer.ExpiresIn);
    }
}
