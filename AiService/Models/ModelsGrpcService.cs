using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Models;

/// <summary>aimesh.ai.v1.Models.</summary>
internal sealed class ModelsGrpcService(Router router, ProviderHealth health) : Ai.V1.Models.ModelsBase
{
    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        response.Models.AddRange(router.Permitted(context.GetPrincipal()).Select(ToProto));
        return Task.FromResult(response);
    }

    private Model ToProto(Providers.Model model)
    {
        var prices = model.Prices;
        var proto = new Model
        {
            Id = model.Id,
            Provider = model.Provider,
            ContextLength = model.ContextLength,
            InputPrice = Amounts.Money(prices.Input, prices.Currency),
            CachedInputPrice = Amounts.Money(prices.CachedInput, prices.Currency),
            OutputPrice = Amounts.Money(prices.Output, prices.Currency),
            Healthy = health.IsHealthy(model.Provider),
        };
        proto.Capabilities.AddRange(model.Capabilities);
        return proto;
    }
}
