using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using Npgsql;

namespace AiMesh.AuthService.Users;

/// <summary>Users and the roles they hold, as rows of one organisation.</summary>
internal static class UserStore
{
    private const string Columns =
        """
        u.id as Id, u.email as Email, u.email_key as EmailKey, u.display_name as DisplayName, u.disabled as Disabled,
        u.attributes::text as AttributesJson, u.created_at as CreatedAt,
        array(select ur.role from user_roles ur where ur.organisation = @Organisation and ur.user_id = u.id order by ur.role) as Roles
        """;

    public static Task<UserRecord?> FindAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<UserRecord>(
            $"select {Columns} from users u where u.organisation = @Organisation and u.id = @id",
            new { transaction.Organisation, id }, cancellationToken);

    /// <summary>Finds a user whom nobody else can change, and to whom no token is issued, until the transaction ends.</summary>
    public static Task<UserRecord?> LockAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<UserRecord>(
            $"select {Columns} from users u where u.organisation = @Organisation and u.id = @id for no key update",
            new { transaction.Organisation, id }, cancellationToken);

    /// <summary>In order of address, beginning after <paramref name="after"/>.</summary>
    public static Task<IReadOnlyList<UserRecord>> ListAsync(AuthTransaction transaction, string after, int limit, CancellationToken cancellationToken) =>
        transaction.QueryAsync<UserRecord>(
            $"""
            select {Columns} from users u where u.organisation = @Organisation and u.email_key > @after
            order by u.email_key limit @limit
            """,
            new { transaction.Organisation, after, limit }, cancellationToken);

    /// <summary>Adds a user with roles that exist.</summary>
    /// <returns>The user, or ALREADY_EXISTS: addresses are unique in the whole mesh.</returns>
    public static async Task<Result<UserRecord>> InsertAsync(AuthTransaction transaction, NewUser user, CancellationToken cancellationToken)
    {
        var id = UserId.New();
        try
        {
            await transaction.ExecuteAsync(
                """
                insert into users (organisation, id, email, email_key, display_name, password_hash, attributes, disabled)
                values (@Organisation, @id, @Text, @Key, @DisplayName, @PasswordHash, @Attributes::jsonb, @Disabled)
                """,
                new
                {
                    transaction.Organisation,
                    id,
                    user.Email.Text,
                    user.Email.Key,
                    user.DisplayName,
                    user.PasswordHash,
                    Attributes = UserRecord.WriteAttributes(user.Attributes),
                    user.Disabled,
                },
                cancellationToken);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email_key_key" })
        {
            return new AlreadyExists("user", user.Email.Text);
        }

        await SetRolesAsync(transaction, id, user.Roles, cancellationToken);
        return (await FindAsync(transaction, id, cancellationToken))!;
    }

    public static Task UpdateAsync(AuthTransaction transaction, UserRecord user, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update users set display_name = @DisplayName, attributes = @AttributesJson::jsonb, disabled = @Disabled
            where organisation = @Organisation and id = @Id
            """,
            new { transaction.Organisation, user.Id, user.DisplayName, user.AttributesJson, user.Disabled }, cancellationToken);

    public static Task SetRolesAsync(AuthTransaction transaction, string id, IEnumerable<string> roles, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            delete from user_roles where organisation = @Organisation and user_id = @id and role <> all (@roles);
            insert into user_roles (organisation, user_id, role) select @Organisation, @id, unnest(@roles) on conflict do nothing
            """,
            new { transaction.Organisation, id, roles = roles.ToArray() }, cancellationToken);

    /// <summary>Whether somebody else can administer the organisation.</summary>
    public static Task<bool> HasAdministratorBesideAsync(AuthTransaction transaction, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<bool>(
            """
            select exists (
                select 1 from user_roles ur join users u on u.organisation = ur.organisation and u.id = ur.user_id
                where ur.organisation = @Organisation and ur.role = 'admin' and u.id <> @id and not u.disabled)
            """,
            new { transaction.Organisation, id }, cancellationToken);
}
