using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Roles;

/// <summary>Roles as rows of one organisation.</summary>
internal static class RoleStore
{
    private const string Columns =
        """
        name as Name, description as Description, permissions as Permissions, built_in as BuiltIn,
        array(select i.included from role_includes i where i.organisation = @Organisation and i.role = roles.name order by i.included) as Includes
        """;

    public static Task<RoleRecord?> FindAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<RoleRecord>(
            $"select {Columns} from roles where organisation = @Organisation and name = @name", new { transaction.Organisation, name }, cancellationToken);

    /// <summary>Those of the roles that exist, with everything that they grant.</summary>
    public static async Task<IReadOnlyDictionary<string, RoleGrant>> FindGrantsAsync(
        AuthTransaction transaction, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0) return new Dictionary<string, RoleGrant>();
        var roles = await transaction.QueryAsync<RoleGrant>(
            """
            select o.name as Name, array(
                select distinct permission
                from roles r cross join unnest(r.permissions) as permission
                where r.organisation = @Organisation and r.name in (select roles_with_included(@Organisation, array[o.name]))) as Permissions
            from roles o where o.organisation = @Organisation and o.name = any (@names)
            """,
            new { transaction.Organisation, names = names.ToArray() }, cancellationToken);
        return roles.ToDictionary(static role => role.Name, StringComparer.Ordinal);
    }

    /// <summary>Whether one of the roles is, or includes through others, the role <paramref name="name"/>.</summary>
    public static Task<bool> LeadsToAsync(AuthTransaction transaction, IEnumerable<string> roles, string name, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<bool>(
            "select @name in (select roles_with_included(@Organisation, @roles))",
            new { transaction.Organisation, roles = roles.ToArray(), name }, cancellationToken);

    /// <summary>Sets what a role includes.</summary>
    public static Task SetIncludesAsync(AuthTransaction transaction, string name, IEnumerable<string> includes, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            delete from role_includes where organisation = @Organisation and role = @name and included <> all (@includes);
            insert into role_includes (organisation, role, included) select @Organisation, @name, unnest(@includes) on conflict do nothing
            """,
            new { transaction.Organisation, name, includes = includes.ToArray() }, cancellationToken);

    /// <summary>In order of name.</summary>
    public static Task<IReadOnlyList<RoleRecord>> ListAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RoleRecord>(
            $"select {Columns} from roles where organisation = @Organisation order by name", new { transaction.Organisation }, cancellationToken);

    /// <returns>False when the name is taken.</returns>
    public static async Task<bool> InsertAsync(AuthTransaction transaction, RoleRecord role, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            insert into roles (organisation, name, description, permissions, built_in)
            values (@Organisation, @Name, @Description, @Permissions, @BuiltIn) on conflict do nothing
            """,
            new { transaction.Organisation, role.Name, role.Description, role.Permissions, role.BuiltIn }, cancellationToken) > 0;

    public static Task UpdateAsync(AuthTransaction transaction, RoleRecord role, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "update roles set description = @Description, permissions = @Permissions where organisation = @Organisation and name = @Name",
            new { transaction.Organisation, role.Name, role.Description, role.Permissions }, cancellationToken);

    public static Task DeleteAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "delete from roles where organisation = @Organisation and name = @name", new { transaction.Organisation, name }, cancellationToken);

    public static Task<bool> IsHeldAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<bool>(
            """
            select exists (select 1 from user_roles where organisation = @Organisation and role = @name)
                or exists (select 1 from client_roles where organisation = @Organisation and role = @name)
                or exists (select 1 from role_includes where organisation = @Organisation and included = @name)
                or exists (select 1 from identity_providers where organisation = @Organisation and default_role = @name)
                or exists (select 1 from identity_provider_roles where organisation = @Organisation and role = @name)
            """,
            new { transaction.Organisation, name }, cancellationToken);

    public static Task<int> CountAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<int>(
            "select count(*)::int from roles where organisation = @Organisation", new { transaction.Organisation }, cancellationToken);
}
