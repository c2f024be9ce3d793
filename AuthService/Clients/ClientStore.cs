using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Clients;

/// <summary>Clients and the roles they hold, as rows of one organisation.</summary>
internal static class ClientStore
{
    private const string Columns =
        """
        c.id as Id, c.display_name as DisplayName, c.scopes as Scopes, c.last_used_at as LastUsedAt, c.revoked_at as RevokedAt, c.created_at as CreatedAt,
        array(select cr.role from client_roles cr where cr.organisation = @Organisation and cr.client_id = c.id order by cr.role) as Roles
        """;

    /// <summary>Where a client belongs; null for an id that no client has.</summary>
    public static Task<ClientOwner?> FindOwnerAsync(AuthDatabase database, string id, CancellationToken cancellationToken) =>
        database.QueryOneAsync<ClientOwner>(
            "select organisation as Organisation, secret_hash as SecretHash from find_client(@id)", new { id }, cancellationToken);

    /// <summary>Reads a client that nobody else changes until the transaction ends.</summary>
    public static Task<ClientRecord?> LockAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<ClientRecord>(
            $"select {Columns} from clients c where c.organisation = @Organisation and c.id = @id for no key update of c",
            new { transaction.Organisation, id }, cancellationToken);

    /// <summary>In order of creation, beginning after <paramref name="after"/>.</summary>
    public static Task<IReadOnlyList<ClientRecord>> ListAsync(AuthTransaction transaction, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ClientRecord>(
            $"select {Columns} from clients c where c.organisation = @Organisation and c.id > @after order by c.id limit @limit",
            new { transaction.Organisation, after, limit }, cancellationToken);

    public static Task<int> CountInForceAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<int>(
            "select count(*)::int from clients where organisation = @Organisation and revoked_at is null", new { transaction.Organisation }, cancellationToken);

    public static async Task<ClientRecord> InsertAsync(
        AuthTransaction transaction, ClientRecord client, ClientSecret secret, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            """
            insert into clients (organisation, id, display_name, secret_hash, scopes) values (@Organisation, @Id, @DisplayName, @Hash, @Scopes);
            insert into client_roles (organisation, client_id, role) select @Organisation, @Id, unnest(@Roles)
            """,
            new { transaction.Organisation, client.Id, client.DisplayName, secret.Hash, client.Scopes, client.Roles }, cancellationToken);
        return (await LockAsync(transaction, client.Id, cancellationToken))!;
    }

    /// <summary>Notes the minute of the latest use; most uses find it noted and write nothing.</summary>
    public static Task TouchAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update clients set last_used_at = date_trunc('minute', clock_timestamp())
            where organisation = @Organisation and id = @id and last_used_at is distinct from date_trunc('minute', clock_timestamp())
            """,
            new { transaction.Organisation, id }, cancellationToken);

    public static Task RevokeAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update clients set revoked_at = clock_timestamp() where organisation = @Organisation and id = @id;
            delete from client_roles where organisation = @Organisation and client_id = @id
            """,
            new { transaction.Organisation, id }, cancellationToken);
}

/// <summary>To whom a client belongs.</summary>
internal sealed record ClientOwner
{
    public required string Organisation { get; init; }

    public required byte[] SecretHash { get; init; }
}
