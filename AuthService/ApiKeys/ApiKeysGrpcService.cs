using AiMesh.Auth.V1;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.ApiKeys;

namespace AiMesh.AuthService.ApiKeys;

internal sealed class ApiKeysGrpcService(
    AuthDatabase database, ApiKeyAdministration administration, ApiKeyExchange exchange, PageTokens pages) : Contract.ApiKeysBase
{
    private const string List = "api-keys";

    public override async Task<CreateApiKeyResponse> CreateApiKey(CreateApiKeyRequest request, ServerCallContext context)
    {
        var (key, secret) = (await administration.CreateAsync(context.GetPrincipal(), request.ApiKey ?? new ApiKey(), context.CancellationToken)).OrThrow();
        return new CreateApiKeyResponse { ApiKey = key.ToMessage(), Secret = secret.ToString() };
    }

    public override async Task<ListApiKeysResponse> ListApiKeys(ListApiKeysRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        var page = pages.Open(caller, List, request.PageSize, request.PageToken).OrThrow();
        await using var transaction = await database.BeginAsync(caller.Organisation, context.CancellationToken);
        var keys = await ApiKeyStore.ListAsync(
            transaction, caller.Allows("auth:users:read") ? null : caller.Subject, page.After, page.Size + 1, context.CancellationToken);
        var response = new ListApiKeysResponse { ApiKeys = { keys.Take(page.Size).Select(static key => key.ToMessage()) } };
        if (keys.Count > page.Size) response.NextPageToken = pages.Write(caller, List, keys[page.Size - 1].Id);
        return response;
    }

    public override async Task<ApiKey> RevokeApiKey(RevokeApiKeyRequest request, ServerCallContext context) =>
        (await administration.RevokeAsync(context.GetPrincipal(), request.ApiKey, context.CancellationToken)).OrThrow().ToMessage();

    public override async Task<ExchangeApiKeyResponse> ExchangeApiKey(ExchangeApiKeyRequest request, ServerCallContext context)
    {
        var token = AuthDiagnostics.CountExchange(await exchange.ExchangeAsync(request.Key, context.CancellationToken)).OrThrow();
        return new ExchangeApiKeyResponse { AccessToken = token.Text, ExpiresIn = token.ExpiresIn };
    }
}
