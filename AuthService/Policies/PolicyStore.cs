using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.AuthService.Policies;

/// <summary>Policies as rows of one organisation.</summary>
internal static class PolicyStore
{
    private const string Columns =
        """
        name as Name, description as Description, effect as Effect, permissions as Permissions, roles as Roles, condition as Condition, time_zone as TimeZone,
        disabled as Disabled, version as Version, created_at as CreatedAt, updated_at as UpdatedAt
        """;

    public static Task<PolicyRecord?> FindAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<PolicyRecord>(
            $"select {Columns} from policies where organisation = @Organisation and name = @name", new { transaction.Organisation, name }, cancellationToken);

    /// <summary>In order of name.</summary>
    public static Task<IReadOnlyList<PolicyRecord>> ListAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<PolicyRecord>(
            $"select {Columns} from policies where organisation = @Organisation order by name", new { transaction.Organisation }, cancellationToken);

    public static Task InsertAsync(AuthTransaction transaction, PolicyRecord policy, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            insert into policies (organisation, name, description, effect, permissions, roles, condition, time_zone, disabled)
            values (@Organisation, @Name, @Description, @Effect, @Permissions, @Roles, @Condition, @TimeZone, @Disabled)
            """,
            Parameters(transaction, policy), cancellationToken);

    public static Task UpdateAsync(AuthTransaction transaction, PolicyRecord policy, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update policies set description = @Description, effect = @Effect, permissions = @Permissions, roles = @Roles, condition = @Condition,
                time_zone = @TimeZone, disabled = @Disabled, version = version + 1, updated_at = clock_timestamp()
            where organisation = @Organisation and name = @Name
            """,
            Parameters(transaction, policy), cancellationToken);

    public static Task DeleteAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "delete from policies where organisation = @Organisation and name = @name", new { transaction.Organisation, name }, cancellationToken);

    /// <summary>Publishes what services go by from the commit on.</summary>
    public static Task PublishAsync(AuthTransaction transaction, string policies, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("select publish_policies(@policies)", new { policies }, cancellationToken);

    /// <summary>What was published after a number, oldest first; cut where it becomes too much for one document.</summary>
    public static async Task<AccessPolicyDocument> ListAfterAsync(AuthDatabase database, long after, CancellationToken cancellationToken)
    {
        // A document holds less than this beside one set of the largest size.
        const long MaxBytes = AccessPolicyDocument.MaxLength / 2;
        var rows = await database.QueryAsync<SetRow>(
            "select head as Head, more as More, organisation as Organisation, sequence as Sequence, policies as Policies from policies_after(@after, @MaxBytes)",
            new { after, MaxBytes }, cancellationToken);
        var sets = rows.Where(static row => row.Organisation is not null)
            .Select(static row => new PolicySet(row.Organisation!, AccessPolicyDocument.ReadPolicies(row.Policies!)));
        return new AccessPolicyDocument(rows[^1].More ? rows[^1].Sequence!.Value : rows[0].Head, rows[0].More, [.. sets]);
    }

    private static object Parameters(AuthTransaction transaction, PolicyRecord policy) => new
    {
        transaction.Organisation,
        policy.Name,
        policy.Description,
        policy.Effect,
        policy.Permissions,
        policy.Roles,
        policy.Condition,
        policy.TimeZone,
        policy.Disabled,
    };

    private sealed record SetRow
    {
        public long Head { get; init; }

        public bool More { get; init; }

        public string? Organisation { get; init; }

        public long? Sequence { get; init; }

        public string? Policies { get; init; }
    }
}
