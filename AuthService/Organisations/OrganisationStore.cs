using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.Common.V1;

namespace AiMesh.AuthService.Organisations;

/// <summary>The organisation that a transaction acts for, as a row.</summary>
internal static class OrganisationStore
{
    /// <summary>
    /// Lets one administrative change at a time happen to the organisation, so that what it checks (who is left as administrator,
    /// who holds a role) is still true when it commits. Taken before any other lock.
    /// </summary>
    public static Task LockAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "select 1 from organisations where id = @Organisation for no key update", new { transaction.Organisation }, cancellationToken);

    public static Task<OrganisationRecord?> FindAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<OrganisationRecord>(
            "select id as Id, display_name as DisplayName, tier as Tier, created_at as CreatedAt from organisations where id = @Organisation",
            new { transaction.Organisation }, cancellationToken);

    /// <summary>Founds the organisation together with its built-in roles.</summary>
    public static async Task InsertAsync(AuthTransaction transaction, string displayName, Tier tier, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            "insert into organisations (id, display_name, tier) values (@Organisation, @displayName, @tier)",
            new { transaction.Organisation, displayName, tier = (short)tier }, cancellationToken);
        foreach (var role in BuiltInRoles.All) await RoleStore.InsertAsync(transaction, role, cancellationToken);
    }

    public static Task RenameAsync(AuthTransaction transaction, string displayName, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "update organisations set display_name = @displayName where id = @Organisation",
            new { transaction.Organisation, displayName }, cancellationToken);
}
