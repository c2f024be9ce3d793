using AiMesh.AuthService.Clients;

namespace Microsoft.Extensions.Hosting;

internal static class ClientsRegistration
{
    public static void AddClients(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ClientAdministration>();
        builder.Services.AddSingleton<ClientGrant>();
    }

    /// <summary>The token endpoint, which takes a form and so is no RPC.</summary>
    public static void MapTokenEndpoint(this IEndpointRouteBuilder endpoints) => TokenEndpoint.Map(endpoints);
}
