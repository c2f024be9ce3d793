using System.Collections.Immutable;
using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AiService.Routing;

/// <summary>Chooses the models that may answer a call, best first.</summary>
internal sealed class Router(ProviderCatalog catalog, ProviderHealth health, ModelOrder order)
{
    private const string Auto = "auto";

    public Result<ImmutableArray<Model>> Candidates(RouteRequest request)
    {
        var named = request.Model.Length > 0 && request.Model != Auto;
        var models = named ? catalog.Find(request.Model) : catalog.Models;
        if (models.IsEmpty) return new NotFound("model", request.Model);

        var permitted = models.RemoveAll(m => !request.Caller.Allows(catalog.ProviderOf(m).Permission));
        if (permitted.IsEmpty) return new PermissionDenied(catalog.ProviderOf(models[0]).Permission);

        var fitting = permitted.RemoveAll(m => request.InputTokens + request.OutputTokens > m.ContextLength);
        if (fitting.IsEmpty) return new TooLongForModels(request.InputField, request.InputTokens, permitted.Max(m => m.ContextLength));

        var healthy = fitting.RemoveAll(m => !health.IsHealthy(m.Provider));
        if (healthy.IsEmpty) return new NoProviderAnswers([], fitting.Min(m => health.WaitOf(m.Provider)));

        return order.Of(healthy, request);
    }

    /// <summary>Models that the principal may use, cheapest first.</summary>
    public ImmutableArray<Model> Permitted(Principal caller) =>
        [.. catalog.Models.Where(m => caller.Allows(catalog.ProviderOf(m).Permission)).OrderBy(m => m.Prices.Input + m.Prices.Output).ThenBy(m => m.Id, StringComparer.Ordinal)];
}
