using AiMesh.Auth.V1;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Clients;

namespace AiMesh.AuthService.Clients;

internal sealed class ClientsGrpcService(AuthDatabase database, ClientAdministration administration, PageTokens pages) : Contract.ClientsBase
{
    private const string List = "clients";

    public override async Task<CreateClientResponse> CreateClient(CreateClientRequest request, ServerCallContext context)
    {
        var (client, secret) = (await administration.CreateAsync(context.GetPrincipal(), request.Client ?? new Client(), context.CancellationToken)).OrThrow();
        return new CreateClientResponse { Client = client.ToMessage(), Secret = secret.ToString() };
    }

    public override async Task<ListClientsResponse> ListClients(ListClientsRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        var page = pages.Open(caller, List, request.PageSize, request.PageToken).OrThrow();
        await using var transaction = await database.BeginAsync(caller.Organisation, context.CancellationToken);
        var clients = await ClientStore.ListAsync(transaction, page.After, page.Size + 1, context.CancellationToken);
        var response = new ListClientsResponse { Clients = { clients.Take(page.Size).Select(static client => client.ToMessage()) } };
        if (clients.Count > page.Size) response.NextPageToken = pages.Write(caller, List, clients[page.Size - 1].Id);
        return response;
    }

    public override async Task<Client> RevokeClient(RevokeClientRequest request, ServerCallContext context) =>
        (await administration.RevokeAsync(context.GetPrincipal(), request.Client, context.CancellationToken)).OrThrow().ToMessage();
}
