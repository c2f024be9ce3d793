using System.Collections.Immutable;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Routing;

/// <summary>Chooses the models that may answer a call, best first.</summary>
internal sealed class Router(ProviderCatalog catalog, ProviderHealth health, IOptions<RoutingOptions> options)
{
    private const string Auto = "auto";

    /// <summary>Assumed until a provider has been observed.</summary>
    private static readonly TimeSpan UnknownSpeed = TimeSpan.FromSeconds(1);

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

        return Order(healthy, request);
    }

    /// <summary>Models that the principal may use, cheapest first.</summary>
    public ImmutableArray<Model> Permitted(ServiceDefaults.Identity.Principal caller) =>
        [.. catalog.Models.Where(m => caller.Allows(catalog.ProviderOf(m).Permission)).OrderBy(m => m.Prices.Input + m.Prices.Output).ThenBy(m => m.Id, StringComparer.Ordinal)];

    private ImmutableArray<Model> Order(ImmutableArray<Model> models, RouteRequest request)
    {
        var costs = models.ToDictionary(m => m.Id, m => (double)Cost.Of(m.Prices, new TokenUsage(Math.Max(request.InputTokens, 1000), request.OutputTokens)));
        var highest = Math.Max(costs.Values.Max(), double.Epsilon);
        return (request.Policy ?? options.Value.Policy) switch
        {
            RoutingPolicy.Cheapest => [.. models.OrderBy(m => costs[m.Id]).ThenByDescending(m => m.Quality).ThenBy(m => m.Id, StringComparer.Ordinal)],
            RoutingPolicy.Fastest => [.. models.OrderBy(m => health.FirstTokenOf(m.Provider) ?? UnknownSpeed).ThenByDescending(m => m.Quality).ThenBy(m => m.Id, StringComparer.Ordinal)],
            RoutingPolicy.Best => [.. models.OrderByDescending(m => m.Quality).ThenBy(m => costs[m.Id]).ThenBy(m => m.Id, StringComparer.Ordinal)],
            _ => [.. models.OrderByDescending(m => m.Quality - (options.Value.CostWeight * costs[m.Id] / highest)).ThenBy(m => costs[m.Id]).ThenBy(m => m.Id, StringComparer.Ordinal)],
        };
    }
}
