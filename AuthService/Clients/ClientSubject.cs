using System.Collections.Immutable;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Clients;

/// <summary>Everything about a client that an access token says. The client's row must be locked by the transaction.</summary>
internal static class ClientSubject
{
    public static async Task<TokenSubject?> ReadAsync(AuthTransaction transaction, ClientRecord client, CancellationToken cancellationToken)
    {
        var row = await transaction.QueryOneAsync<GrantsRow>(
            """
            select o.tier as Tier, clock_timestamp() as Now, c.tokens_from as TokensFrom,
                array(select unnest(h.roles) order by 1) as Roles,
                array(
                    select distinct permission from roles r cross join unnest(r.permissions) as permission
                    where r.organisation = @Organisation and r.name = any (h.roles)) as Permissions
            from organisations o join clients c on c.organisation = o.id
            cross join lateral (select array(select roles_with_included(@Organisation, @Roles)) as roles) h
            where o.id = @Organisation and c.id = @Id
            """,
            new { transaction.Organisation, client.Id, client.Roles }, cancellationToken);
        if (row is null) return null;

        var permissions = PermissionSet.Create(row.Permissions);
        if (client.Scopes.Length > 0) permissions = permissions.Intersect(PermissionSet.Create(client.Scopes));
        return new TokenSubject
        {
            Organisation = transaction.Organisation,
            UserId = client.Id,
            Email = null,
            DisplayName = client.DisplayName,
            Disabled = false,
            Attributes = ImmutableSortedDictionary<string, string>.Empty,
            TokensFrom = row.TokensFrom,
            Tier = (Tier)row.Tier,
            Roles = [.. row.Roles],
            Permissions = permissions.Patterns,
            Now = row.Now,
        };
    }

    private sealed record GrantsRow
    {
        public required short Tier { get; init; }

        public required DateTime Now { get; init; }

        public required DateTime TokensFrom { get; init; }

        public required string[] Roles { get; init; }

        public required string[] Permissions { get; init; }
    }
}
