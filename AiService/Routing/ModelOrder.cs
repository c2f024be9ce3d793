using System.Collections.Immutable;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Routing;

/// <summary>Puts models into the order of a policy, as docs/decisions/0007-routing-policies.md says. Ties are broken so that it is always the same order.</summary>
internal sealed class ModelOrder(ModelSpeed speed, IOptions<RoutingOptions> options)
{
    /// <summary>Length of an input that is yet to be packed.</summary>
    private const long UsualInput = 1000;

    /// <summary>Assumed of a model that nothing recent is known of.</summary>
    private static readonly TimeSpan UnknownSpeed = TimeSpan.FromSeconds(1);

    public ImmutableArray<Model> Of(ImmutableArray<Model> models, RouteRequest request)
    {
        var usage = new TokenUsage(Math.Max(request.InputTokens, UsualInput), request.OutputTokens);
        decimal CostOf(Model model) => Cost.Of(model.Prices, usage);
        var highest = models.Max(CostOf);

        var ordered = (request.Policy ?? options.Value.Policy) switch
        {
            RoutingPolicy.Cheapest => models.OrderBy(CostOf).ThenByDescending(m => m.Quality),
            RoutingPolicy.Fastest => models.OrderBy(Expected).ThenByDescending(m => m.Quality).ThenBy(CostOf),
            RoutingPolicy.Best => models.OrderByDescending(m => m.Quality).ThenBy(CostOf),
            _ => models.OrderByDescending(m => Balance(m, highest == 0 ? 0 : (double)(CostOf(m) / highest))).ThenBy(CostOf),
        };
        return [.. ordered.ThenBy(m => m.Id, StringComparer.Ordinal)];
    }

    // Nobody becomes known who is never asked: a cold model goes first, for one call.
    private TimeSpan Expected(Model model) => speed.WantsMeasuring(model.Id) ? TimeSpan.Zero : speed.Of(model.Id) ?? TimeSpan.MaxValue;

    private double Balance(Model model, double costShare)
    {
        var slowness = Math.Min(1, (speed.Of(model.Id) ?? UnknownSpeed) / options.Value.SlowFrom);
        return model.Quality - (options.Value.CostWeight * costShare) - (options.Value.LatencyWeight * slowness);
    }
}
