using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Clients;

/// <summary>What administrators do to the clients of their organisation.</summary>
internal sealed class ClientAdministration(AuthDatabase database, RevocationStore revocations, RevocationFeed feed, TimeProvider time)
{
    public const int MaxClientsOfAnOrganisation = 1_000;

    private const int MaxDisplayNameLength = 100;
    private const int MaxRoles = 50;
    private const int MaxScopes = 50;

    /// <returns>The client and its secret, which nobody can read again.</returns>
    public async Task<Result<(ClientRecord Client, ClientSecret Secret)>> CreateAsync(Principal caller, Client client, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        var displayName = checks.Line("client.display_name", client.DisplayName, MaxDisplayNameLength, required: true);
        if (client.Roles.Count is 0 or > MaxRoles || !client.Roles.All(RoleRules.IsName)) checks.Fail("client.roles", $"must be 1 to {MaxRoles} names of roles");
        if (client.Scopes.Count > MaxScopes) checks.Fail("client.scopes", $"must be at most {MaxScopes}");
        RoleRules.CheckPatterns(checks, "client.scopes", client.Scopes);
        if (!checks.Passed) return checks.Error;

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (!(await RoleGrants.FindAsync(transaction, caller, client.Roles, [], cancellationToken)).TryGet(out var roles, out var refused)) return refused;
        if (!TokenSpace.Fits("", displayName, client.Roles, TokenSpace.Reduce([.. roles.SelectMany(static role => role.Permissions)]).Patterns, []))
            return new InvalidField("client.roles", $"permissions of the roles together take more than the {TokenSpace.Bytes} bytes that an access token has for them");
        if (await ClientStore.CountInForceAsync(transaction, cancellationToken) >= MaxClientsOfAnOrganisation) return new TooManyClients();

        var secret = new ClientSecret();
        var record = await ClientStore.InsertAsync(
            transaction,
            new ClientRecord { Id = ClientId.New(), DisplayName = displayName, Roles = Normalize(client.Roles), Scopes = Normalize(client.Scopes) },
            secret, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("client.create", caller.Subject, record.Id)
            {
                Detail = new Dictionary<string, string> { ["roles"] = string.Join(',', record.Roles), ["scopes"] = string.Join(' ', record.Scopes) },
            },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (record, secret);
    }

    /// <summary>Puts a client out of force for good, with every token that it was given.</summary>
    public async Task<Result<ClientRecord>> RevokeAsync(Principal caller, string id, CancellationToken cancellationToken)
    {
        if (id.Length == 0) return new InvalidField("client", "is required");
        if (!ClientId.IsPlausible(id)) return new NotFound("client", id);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await ClientStore.LockAsync(transaction, id, cancellationToken) is not { } client) return new NotFound("client", id);
        if (client.RevokedAt is not null) return client;

        await ClientStore.RevokeAsync(transaction, id, cancellationToken);
        await revocations.RevokeSessionAsync(transaction, id, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("client.revoke", caller.Subject, id), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return client with { RevokedAt = time.GetUtcNow().UtcDateTime, Roles = [] };
    }

    private static string[] Normalize(IEnumerable<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
