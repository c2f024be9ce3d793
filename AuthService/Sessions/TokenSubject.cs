using System.Collections.Immutable;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.Common.V1;

namespace AiMesh.AuthService.Sessions;

/// <summary>Everything about a user, or a client, that an access token says, true at <see cref="Now"/> and until the transaction ends.</summary>
internal sealed record TokenSubject
{
    public required string Organisation { get; init; }

    public required string UserId { get; init; }

    /// <summary>Null for who is no person.</summary>
    public required string? Email { get; init; }

    public required string DisplayName { get; init; }

    public required bool Disabled { get; init; }

    public required ImmutableSortedDictionary<string, string> Attributes { get; init; }

    /// <summary>Tokens dated earlier are revoked.</summary>
    public required DateTimeOffset TokensFrom { get; init; }

    public required Tier Tier { get; init; }

    /// <summary>With those that they include.</summary>
    public required ImmutableArray<string> Roles { get; init; }

    public required ImmutableArray<string> Permissions { get; init; }

    /// <summary>The database's clock, which is the same for all replicas.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>
    /// Reads a user and keeps the row from being changed until the transaction ends; see <see cref="UserTokens"/> for why. Two
    /// statements, because the second must see what was committed while the first one waited.
    /// </summary>
    public static async Task<TokenSubject?> LockAsync(AuthTransaction transaction, string userId, CancellationToken cancellationToken)
    {
        var parameters = new { transaction.Organisation, userId };
        var user = await transaction.QueryOneAsync<UserRow>(
            """
            select email as Email, display_name as DisplayName, disabled as Disabled, attributes::text as AttributesJson, tokens_from as TokensFrom
            from users where organisation = @Organisation and id = @userId for share
            """,
            parameters, cancellationToken);
        if (user is null) return null;

        var grants = (await transaction.QueryOneAsync<GrantsRow>(
            """
            select o.tier as Tier, clock_timestamp() as Now,
                array(select unnest(h.roles) order by 1) as Roles,
                array(
                    select distinct permission from roles r cross join unnest(r.permissions) as permission
                    where r.organisation = @Organisation and r.name = any (h.roles)) as Permissions
            from organisations o
            cross join lateral (select array(select roles_with_included(
                @Organisation, array(select role from user_roles where organisation = @Organisation and user_id = @userId))) as roles) h
            where o.id = @Organisation
            """,
            parameters, cancellationToken))!;
        return new TokenSubject
        {
            Organisation = transaction.Organisation,
            UserId = userId,
            Email = user.Email,
            DisplayName = user.DisplayName,
            Disabled = user.Disabled,
            Attributes = UserRecord.ReadAttributes(user.AttributesJson),
            TokensFrom = user.TokensFrom,
            Tier = (Tier)grants.Tier,
            Roles = [.. grants.Roles],
            Permissions = [.. grants.Permissions],
            Now = grants.Now,
        };
    }

    private sealed record UserRow
    {
        public required string Email { get; init; }

        public required string DisplayName { get; init; }

        public required bool Disabled { get; init; }

        public required string AttributesJson { get; init; }

        public required DateTime TokensFrom { get; init; }
    }

    private sealed record GrantsRow
    {
        public required short Tier { get; init; }

        public required DateTime Now { get; init; }

        public required string[] Roles { get; init; }

        public required string[] Permissions { get; init; }
    }
}
