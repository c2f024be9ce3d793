using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Catalogue;

internal sealed class ModelsGrpcService(ModelCatalogue catalogue, ProviderHealth health) : Models.ModelsBase
{
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var models = catalogue.AllowedFor(context.GetPrincipal()).OrderBy(model => model.Prices.Input + model.Prices.Output).ThenBy(model => model.Id, StringComparer.Ordinal);
        return Task.FromResult(new ListModelsResponse { Models = { models.Select(ToContract) } });
    }

    private Model ToContract(ModelDefinition model) => new()
    {
        Id = model.Id,
        Provider = model.Provider,
        ContextLength = model.ContextLength,
        Capabilities = { model.Capabilities },
        InputPrice = model.Prices.Input.ToMoney(),
        CachedInputPrice = model.Prices.CachedInput.ToMoney(),
        OutputPrice = model.Prices.Output.ToMoney(),
        Healthy = !health.IsOpen(model.Provider),
    };
}
