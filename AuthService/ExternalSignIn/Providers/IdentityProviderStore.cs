using System.Collections.Immutable;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using Npgsql;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

/// <summary>Identity providers as rows of one organisation.</summary>
internal static class IdentityProviderStore
{
    private const string Select =
        """
        select name as Name, display_name as DisplayName, issuer as Issuer, client_id as ClientId, sealed_secret as SealedSecret,
            sealed_data_key as SealedDataKey, master_key_version as MasterKeyVersion, scopes as Scopes, default_role as DefaultRole,
            creates_users as CreatesUsers, reads_user_info as ReadsUserInfo, disabled as Disabled, created_at as CreatedAt
        from identity_providers where organisation = @Organisation
        """;

    public static async Task<IdentityProviderRecord?> FindAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken)
    {
        var row = await transaction.QueryOneAsync<Row>($"{Select} and name = @name", new { transaction.Organisation, name }, cancellationToken);
        return row is null ? null : row.ToRecord(await RulesAsync(transaction, name, cancellationToken));
    }

    /// <summary>In order of name.</summary>
    public static async Task<IReadOnlyList<IdentityProviderRecord>> ListAsync(AuthTransaction transaction, CancellationToken cancellationToken)
    {
        var rows = await transaction.QueryAsync<Row>($"{Select} order by name", new { transaction.Organisation }, cancellationToken);
        var rules = (await RulesAsync(transaction, null, cancellationToken)).ToLookup(static rule => rule.Provider, StringComparer.Ordinal);
        return [.. rows.Select(row => row.ToRecord(rules[row.Name]))];
    }

    public static Task<int> CountAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<int>("select count(*)::int from identity_providers where organisation = @Organisation", new { transaction.Organisation }, cancellationToken);

    /// <returns>The provider, or ALREADY_EXISTS.</returns>
    public static async Task<Result<IdentityProviderRecord>> InsertAsync(AuthTransaction transaction, IdentityProviderRecord provider, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.ExecuteAsync(
                """
                insert into identity_providers (
                    organisation, name, display_name, issuer, client_id, sealed_secret, sealed_data_key, master_key_version, scopes, default_role,
                    creates_users, reads_user_info, disabled)
                values (
                    @Organisation, @Name, @DisplayName, @Issuer, @ClientId, @SealedSecret, @SealedDataKey, @MasterKeyVersion, @Scopes, @DefaultRole,
                    @CreatesUsers, @ReadsUserInfo, @Disabled)
                """,
                Parameters(transaction, provider), cancellationToken);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "identity_providers_pkey" })
        {
            return new AlreadyExists("identity provider", provider.Name);
        }

        await SetRulesAsync(transaction, provider, cancellationToken);
        return (await FindAsync(transaction, provider.Name, cancellationToken))!;
    }

    public static async Task UpdateAsync(AuthTransaction transaction, IdentityProviderRecord provider, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            """
            update identity_providers set
                display_name = @DisplayName, issuer = @Issuer, client_id = @ClientId, sealed_secret = @SealedSecret, sealed_data_key = @SealedDataKey,
                master_key_version = @MasterKeyVersion, scopes = @Scopes, default_role = @DefaultRole, creates_users = @CreatesUsers,
                reads_user_info = @ReadsUserInfo, disabled = @Disabled
            where organisation = @Organisation and name = @Name
            """,
            Parameters(transaction, provider), cancellationToken);
        await SetRulesAsync(transaction, provider, cancellationToken);
    }

    /// <summary>Puts a secret under another master key, unless somebody changed it meanwhile.</summary>
    public static Task RenewSecretAsync(AuthTransaction transaction, IdentityProviderRecord provider, Envelope renewed, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update identity_providers set sealed_data_key = @DataKey, master_key_version = @MasterKeyVersion
            where organisation = @Organisation and name = @Name and sealed_data_key = @Before
            """,
            new { transaction.Organisation, provider.Name, renewed.DataKey, renewed.MasterKeyVersion, Before = provider.Secret.DataKey }, cancellationToken);

    /// <returns>False when there is none.</returns>
    public static async Task<bool> DeleteAsync(AuthTransaction transaction, string name, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            "delete from identity_providers where organisation = @Organisation and name = @name", new { transaction.Organisation, name }, cancellationToken) > 0;

    private static Task<IReadOnlyList<RuleRow>> RulesAsync(AuthTransaction transaction, string? name, CancellationToken cancellationToken) =>
        transaction.QueryAsync<RuleRow>(
            """
            select provider as Provider, claim as Claim, value as Value, role as Role from identity_provider_roles
            where organisation = @Organisation and (@name::text is null or provider = @name) order by provider, position
            """,
            new { transaction.Organisation, name }, cancellationToken);

    private static Task<int> SetRulesAsync(AuthTransaction transaction, IdentityProviderRecord provider, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            delete from identity_provider_roles where organisation = @Organisation and provider = @Name;
            insert into identity_provider_roles (organisation, provider, position, claim, value, role)
            select @Organisation, @Name, position, claim, value, role
            from unnest(@Claims, @Values, @Roles) with ordinality as rules (claim, value, role, position)
            """,
            new
            {
                transaction.Organisation,
                provider.Name,
                Claims = provider.RoleRules.Select(static rule => rule.Claim).ToArray(),
                Values = provider.RoleRules.Select(static rule => rule.Value).ToArray(),
                Roles = provider.RoleRules.Select(static rule => rule.Role).ToArray(),
            },
            cancellationToken);

    private static object Parameters(AuthTransaction transaction, IdentityProviderRecord provider) => new
    {
        transaction.Organisation,
        provider.Name,
        provider.DisplayName,
        provider.Issuer,
        provider.ClientId,
        SealedSecret = provider.Secret.Secret,
        SealedDataKey = provider.Secret.DataKey,
        provider.Secret.MasterKeyVersion,
        provider.Scopes,
        provider.DefaultRole,
        provider.CreatesUsers,
        provider.ReadsUserInfo,
        provider.Disabled,
    };

    private sealed record RuleRow(string Provider, string Claim, string Value, string Role);

    private sealed record Row
    {
        public required string Name { get; init; }

        public required string DisplayName { get; init; }

        public required string Issuer { get; init; }

        public required string ClientId { get; init; }

        public required byte[] SealedSecret { get; init; }

        public required byte[] SealedDataKey { get; init; }

        public required string MasterKeyVersion { get; init; }

        public required string[] Scopes { get; init; }

        public required string? DefaultRole { get; init; }

        public required bool CreatesUsers { get; init; }

        public required bool ReadsUserInfo { get; init; }

        public required bool Disabled { get; init; }

        public required DateTime CreatedAt { get; init; }

        public IdentityProviderRecord ToRecord(IEnumerable<RuleRow> rules) => new()
        {
            Name = Name,
            DisplayName = DisplayName,
            Issuer = Issuer,
            ClientId = ClientId,
            Secret = new Envelope(SealedSecret, SealedDataKey, MasterKeyVersion),
            Scopes = Scopes,
            DefaultRole = DefaultRole,
            CreatesUsers = CreatesUsers,
            ReadsUserInfo = ReadsUserInfo,
            Disabled = Disabled,
            CreatedAt = CreatedAt,
            RoleRules = [.. rules.Select(static rule => new RoleRule(rule.Claim, rule.Value, rule.Role))],
        };
    }
}
