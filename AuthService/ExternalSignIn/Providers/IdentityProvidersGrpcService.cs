using AiMesh.Auth.V1;
using AiMesh.AuthService.ExternalSignIn.Accounts;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.IdentityProviders;

namespace AiMesh.AuthService.ExternalSignIn.Providers;

internal sealed class IdentityProvidersGrpcService(
    AuthDatabase database, IdentityProviderAdministration administration, AccountLinking linking, PublicAddress address) : Contract.IdentityProvidersBase
{
    public override async Task<IdentityProvider> CreateIdentityProvider(CreateIdentityProviderRequest request, ServerCallContext context) =>
        ToMessage(
            (await administration.CreateAsync(context.GetPrincipal(), request.IdentityProvider ?? new IdentityProvider(), context.CancellationToken)).OrThrow(), context);

    public override async Task<IdentityProvider> GetIdentityProvider(GetIdentityProviderRequest request, ServerCallContext context)
    {
        if (request.IdentityProvider.Length == 0) throw new InvalidField("identity_provider", "is required").ToRpcException();
        var found = await administration.FindAsync(context.GetPrincipal(), request.IdentityProvider, context.CancellationToken);
        return ToMessage(found ?? throw new NotFound("identity provider", request.IdentityProvider).ToRpcException(), context);
    }

    public override async Task<ListIdentityProvidersResponse> ListIdentityProviders(ListIdentityProvidersRequest request, ServerCallContext context)
    {
        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var providers = await IdentityProviderStore.ListAsync(transaction, context.CancellationToken);
        return new ListIdentityProvidersResponse { IdentityProviders = { providers.Select(provider => ToMessage(provider, context)) } };
    }

    public override async Task<IdentityProvider> UpdateIdentityProvider(UpdateIdentityProviderRequest request, ServerCallContext context)
    {
        var provider = request.IdentityProvider ?? new IdentityProvider();
        var mask = UpdateMask.Resolve(
            request.UpdateMask,
            ("display_name", provider.DisplayName.Length > 0), ("issuer", provider.Issuer.Length > 0), ("client_id", provider.ClientId.Length > 0),
            ("client_secret", provider.ClientSecret.Length > 0), ("scopes", provider.Scopes.Count > 0), ("role_mappings", provider.RoleMappings.Count > 0),
            ("default_role", provider.DefaultRole.Length > 0), ("creates_users", provider.CreatesUsers), ("reads_user_info", provider.ReadsUserInfo),
            ("disabled", provider.Disabled)).OrThrow();
        return ToMessage((await administration.UpdateAsync(context.GetPrincipal(), provider, mask, context.CancellationToken)).OrThrow(), context);
    }

    public override async Task<DeleteIdentityProviderResponse> DeleteIdentityProvider(DeleteIdentityProviderRequest request, ServerCallContext context)
    {
        if (request.IdentityProvider.Length == 0) throw new InvalidField("identity_provider", "is required").ToRpcException();
        (await administration.DeleteAsync(context.GetPrincipal(), request.IdentityProvider, context.CancellationToken)).OrThrow();
        return new DeleteIdentityProviderResponse();
    }

    public override async Task<LinkExternalAccountResponse> LinkExternalAccount(LinkExternalAccountRequest request, ServerCallContext context)
    {
        (await linking.LinkAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();
        return new LinkExternalAccountResponse();
    }

    private IdentityProvider ToMessage(IdentityProviderRecord provider, ServerCallContext context) =>
        provider.ToMessage(address.Of(context.GetHttpContext()) is { } reached
            ? SignInPaths.Callback(reached, context.GetPrincipal().Organisation, provider.Name)
            : null);
}
