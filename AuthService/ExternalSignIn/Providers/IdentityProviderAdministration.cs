using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

/// <summary>
/// What administrators do to the identity providers of their organisation. Who decides what a provider's word is worth here could give
/// themselves any role that it gives, so they must have them all.
/// </summary>
internal sealed class IdentityProviderAdministration(AuthDatabase database, MasterKeyRing masterKeys, ProviderDirectory directory, IdentityProviderRules rules)
{
    private static readonly string[] DefaultScopes = ["profile", "email"];

    public async Task<Result<IdentityProviderRecord>> CreateAsync(Principal caller, IdentityProvider provider, CancellationToken cancellationToken)
    {
        if (await CheckAsync(provider, secretIsRequired: true, readsDocument: true, cancellationToken) is { } wrong) return wrong;

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        var record = Apply(provider, ProviderSecret.Seal(masterKeys, caller.Organisation, provider.Name, provider.ClientSecret));
        if (!(await RoleGrants.FindAsync(transaction, caller, record.AllRoles, [], cancellationToken)).TryGet(out _, out var refused)) return refused;
        if (await IdentityProviderStore.CountAsync(transaction, cancellationToken) >= IdentityProviderRules.MaxProvidersOfAnOrganisation) return new TooManyIdentityProviders();
        if (!(await IdentityProviderStore.InsertAsync(transaction, record, cancellationToken)).TryGet(out var created, out var taken)) return taken;

        await transaction.WriteAsync(Event("identity_provider.create", caller, created), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return created;
    }

    /// <param name="caller">Who changes it.</param>
    /// <param name="changes">The fields, of which those count that the mask names.</param>
    /// <param name="mask">Names of fields.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Result<IdentityProviderRecord>> UpdateAsync(
        Principal caller, IdentityProvider changes, IReadOnlySet<string> mask, CancellationToken cancellationToken)
    {
        if (changes.Name.Length == 0) return new InvalidField("identity_provider.name", "is required");
        if (await FindAsync(caller, changes.Name, cancellationToken) is not { } seen) return new NotFound("identity provider", changes.Name);
        if (await CheckAsync(Merge(seen, changes, mask), secretIsRequired: false, readsDocument: mask.Contains("issuer"), cancellationToken) is { } wrong) return wrong;

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await IdentityProviderStore.FindAsync(transaction, changes.Name, cancellationToken) is not { } before) return new NotFound("identity provider", changes.Name);
        var merged = Merge(before, changes, mask);

        // Otherwise who may change providers, and knows no secret, would have it sent to a server of theirs.
        if (merged.Issuer != before.Issuer && merged.ClientSecret.Length == 0) return new InvalidField("identity_provider.client_secret", "is required where the issuer changes");
        var secret = merged.ClientSecret.Length > 0
            ? ProviderSecret.Seal(masterKeys, caller.Organisation, before.Name, merged.ClientSecret)
            : before.Secret;
        var after = Apply(merged, secret) with { CreatedAt = before.CreatedAt };
        if (!(await RoleGrants.FindAsync(transaction, caller, after.AllRoles, [], cancellationToken)).TryGet(out _, out var refused)) return refused;

        await IdentityProviderStore.UpdateAsync(transaction, after, cancellationToken);
        await transaction.WriteAsync(Event("identity_provider.update", caller, after), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return after;
    }

    /// <returns>The name, or NOT_FOUND.</returns>
    public async Task<Result<string>> DeleteAsync(Principal caller, string name, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (!await IdentityProviderStore.DeleteAsync(transaction, name, cancellationToken)) return new NotFound("identity provider", name);

        await transaction.WriteAsync(new AuditEntry("identity_provider.delete", caller.Subject, name), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return name;
    }

    public async Task<IdentityProviderRecord?> FindAsync(Principal caller, string name, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        return await IdentityProviderStore.FindAsync(transaction, name, cancellationToken);
    }

    private async Task<MeshError?> CheckAsync(IdentityProvider provider, bool secretIsRequired, bool readsDocument, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        rules.Check(checks, provider, secretIsRequired);
        if (!checks.Passed) return checks.Error;
        if (!readsDocument) return null;

        // One answer for whatever keeps a connection from coming about: this service is no scanner of networks.
        if ((await directory.ReadAsync(provider.Issuer, cancellationToken)).TryGet(out _, out var unusable)) return null;
        var problem = unusable is ProviderUnusable { Problem: var name } && name.StartsWith("discovery_", StringComparison.Ordinal) ? name : "it cannot be read";
        return new InvalidField("identity_provider.issuer", $"must have a discovery document that can be used: {problem}");
    }

    private static IdentityProvider Merge(IdentityProviderRecord before, IdentityProvider changes, IReadOnlySet<string> mask)
    {
        var merged = before.ToMessage(null);
        if (mask.Contains("display_name")) merged.DisplayName = changes.DisplayName;
        if (mask.Contains("issuer")) merged.Issuer = changes.Issuer;
        if (mask.Contains("client_id")) merged.ClientId = changes.ClientId;
        if (mask.Contains("client_secret")) merged.ClientSecret = changes.ClientSecret;
        if (mask.Contains("default_role")) merged.DefaultRole = changes.DefaultRole;
        if (mask.Contains("creates_users")) merged.CreatesUsers = changes.CreatesUsers;
        if (mask.Contains("reads_user_info")) merged.ReadsUserInfo = changes.ReadsUserInfo;
        if (mask.Contains("disabled")) merged.Disabled = changes.Disabled;
        if (mask.Contains("scopes")) Replace(merged.Scopes, changes.Scopes);
        if (mask.Contains("role_mappings")) Replace(merged.RoleMappings, changes.RoleMappings);
        return merged;

        static void Replace<T>(Google.Protobuf.Collections.RepeatedField<T> target, IEnumerable<T> source)
        {
            target.Clear();
            target.AddRange(source);
        }
    }

    private static IdentityProviderRecord Apply(IdentityProvider provider, Envelope secret) => new()
    {
        Name = provider.Name,
        DisplayName = provider.DisplayName.Trim() is { Length: > 0 } text ? text : provider.Name,
        Issuer = provider.Issuer,
        ClientId = provider.ClientId,
        Secret = secret,
        Scopes = provider.Scopes.Count == 0 ? DefaultScopes : [.. provider.Scopes.Where(static scope => scope != "openid").Distinct(StringComparer.Ordinal)],
        DefaultRole = provider.DefaultRole.Length == 0 ? null : provider.DefaultRole,
        CreatesUsers = provider.CreatesUsers,
        ReadsUserInfo = provider.ReadsUserInfo,
        Disabled = provider.Disabled,
        RoleRules = [.. provider.RoleMappings.Select(static mapping => new RoleRule(mapping.Claim.Trim(), mapping.Value.Trim(), mapping.Role))],
    };

    private static AuditEntry Event(string action, Principal caller, IdentityProviderRecord provider) =>
        new(action, caller.Subject, provider.Name)
        {
            Detail = new Dictionary<string, string>
            {
                ["issuer"] = provider.Issuer,
                ["clientId"] = provider.ClientId,
                ["roles"] = string.Join(',', provider.AllRoles.Order(StringComparer.Ordinal)),
                ["createsUsers"] = provider.CreatesUsers ? "true" : "false",
                ["disabled"] = provider.Disabled ? "true" : "false",
            },
        };
}
