using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>Creates and revokes API keys.</summary>
internal sealed class ApiKeyAdministration(AuthDatabase database, RevocationStore revocations, RevocationFeed feed, TimeProvider time)
{
    /// <summary>Creates a key that acts for the caller.</summary>
    /// <returns>The row and the key itself, which nobody can read again.</returns>
    public async Task<Result<(ApiKeyRecord Key, ApiKeySecret Secret)>> CreateAsync(Principal caller, ApiKey key, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        ApiKeyRules.Check(checks, key, time.GetUtcNow());
        if (!checks.Passed) return checks.Error;
        if (caller.Kind != PrincipalKind.User) return new KeysAreMadeByPeople();
        if (RoleGrants.Check(caller, key.Scopes) is { } refused) return refused;

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);

        // One after the other for one person, so that the count holds.
        if (await UserStore.LockAsync(transaction, caller.Subject, cancellationToken) is null) return new NotFound("user", caller.Subject);
        if (await ApiKeyStore.CountInForceAsync(transaction, caller.Subject, cancellationToken) >= ApiKeyRules.MaxKeysOfAPerson) return new TooManyApiKeys();

        var secret = ApiKeySecret.New();
        var record = await ApiKeyStore.InsertAsync(transaction, ToRecord(caller, key), secret, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("api_key.create", caller.Subject, record.Id)
            {
                Detail = new Dictionary<string, string> { ["prefix"] = record.Prefix, ["scopes"] = string.Join(' ', record.Scopes) },
            },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (record, secret);
    }

    /// <summary>Puts a key out of force for good, with every token that was given for it.</summary>
    public async Task<Result<ApiKeyRecord>> RevokeAsync(Principal caller, string id, CancellationToken cancellationToken)
    {
        if (id.Length == 0) return new InvalidField("api_key", "is required");
        if (!UserId.IsPlausible(id)) return new NotFound("API key", id);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        if (await ApiKeyStore.LockAsync(transaction, id, cancellationToken) is not { } key) return new NotFound("API key", id);

        // Whoever may not administer the owner may not even know of the key.
        if (key.UserId != caller.Subject && !caller.Allows("auth:users:write")) return new NotFound("API key", id);
        if (key.RevokedAt is not null) return key;

        await ApiKeyStore.RevokeAsync(transaction, id, cancellationToken);
        await revocations.RevokeSessionAsync(transaction, id, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("api_key.revoke", caller.Subject, id) { Detail = new Dictionary<string, string> { ["prefix"] = key.Prefix } }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return key with { RevokedAt = time.GetUtcNow().UtcDateTime };
    }

    private static ApiKeyRecord ToRecord(Principal caller, ApiKey key) => new()
    {
        Id = UserId.New(),
        UserId = caller.Subject,
        DisplayName = key.DisplayName,
        Prefix = "",
        Scopes = [.. key.Scopes],
        RequestsPerMinute = key.RequestsPerMinute,
        ExpiresAt = key.ExpireTime is { } expiry ? DateTimeOffset.FromUnixTimeSeconds(expiry.Seconds).UtcDateTime : null,
        LastUsedAt = null,
        RevokedAt = null,
        CreatedAt = default,
    };
}
