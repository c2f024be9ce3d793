using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.ApiKeys;

/// <summary>API keys as rows of one organisation.</summary>
internal static class ApiKeyStore
{
    private const string Columns =
        """
        id as Id, user_id as UserId, display_name as DisplayName, prefix as Prefix, scopes as Scopes, requests_per_minute as RequestsPerMinute,
        expires_at as ExpiresAt, last_used_at as LastUsedAt, revoked_at as RevokedAt, created_at as CreatedAt
        """;

    /// <summary>Where a key belongs; null for a prefix that nobody was given.</summary>
    public static Task<ApiKeyOwner?> FindOwnerAsync(AuthDatabase database, string prefix, CancellationToken cancellationToken) =>
        database.QueryOneAsync<ApiKeyOwner>(
            "select organisation as Organisation, id as Id, user_id as UserId, secret_hash as SecretHash from find_api_key(@prefix)",
            new { prefix }, cancellationToken);

    /// <summary>Reads a key that is not revoked by anybody else until the transaction ends.</summary>
    public static Task<ApiKeyRecord?> LockAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<ApiKeyRecord>(
            $"select {Columns} from api_keys where organisation = @Organisation and id = @id for no key update",
            new { transaction.Organisation, id }, cancellationToken);

    /// <summary>In order of creation, beginning after <paramref name="after"/>; of everybody where no user is named.</summary>
    public static Task<IReadOnlyList<ApiKeyRecord>> ListAsync(
        AuthTransaction transaction, string? userId, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ApiKeyRecord>(
            $"""
            select {Columns} from api_keys
            where organisation = @Organisation and id > @after and (@userId::text is null or user_id = @userId)
            order by id limit @limit
            """,
            new { transaction.Organisation, userId, after, limit }, cancellationToken);

    public static Task<int> CountInForceAsync(AuthTransaction transaction, string userId, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<int>(
            """
            select count(*)::int from api_keys
            where organisation = @Organisation and user_id = @userId and revoked_at is null and coalesce(expires_at > clock_timestamp(), true)
            """,
            new { transaction.Organisation, userId }, cancellationToken);

    public static async Task<ApiKeyRecord> InsertAsync(
        AuthTransaction transaction, ApiKeyRecord key, ApiKeySecret secret, CancellationToken cancellationToken) =>
        (await transaction.QueryOneAsync<ApiKeyRecord>(
            $"""
            insert into api_keys (organisation, id, user_id, display_name, prefix, secret_hash, scopes, requests_per_minute, expires_at)
            values (@Organisation, @Id, @UserId, @DisplayName, @Prefix, @Hash, @Scopes, @RequestsPerMinute, @ExpiresAt)
            returning {Columns}
            """,
            new { transaction.Organisation, key.Id, key.UserId, key.DisplayName, secret.Prefix, secret.Hash, key.Scopes, key.RequestsPerMinute, key.ExpiresAt },
            cancellationToken))!;

    /// <summary>Notes the minute of the latest use; most uses find it noted and write nothing.</summary>
    public static Task TouchAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update api_keys set last_used_at = date_trunc('minute', clock_timestamp())
            where organisation = @Organisation and id = @id and last_used_at is distinct from date_trunc('minute', clock_timestamp())
            """,
            new { transaction.Organisation, id }, cancellationToken);

    public static Task RevokeAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "update api_keys set revoked_at = clock_timestamp() where organisation = @Organisation and id = @id",
            new { transaction.Organisation, id }, cancellationToken);
}

/// <summary>To whom a key was given.</summary>
internal sealed record ApiKeyOwner
{
    public required string Organisation { get; init; }

    public required string Id { get; init; }

    public required string UserId { get; init; }

    public required byte[] SecretHash { get; init; }
}
