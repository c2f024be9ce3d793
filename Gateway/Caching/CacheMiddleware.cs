using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Caching;

/// <summary>
/// Looks up what is kept before a read goes to DataService, and lets one of many equal reads go ahead where nothing is. Everything that a
/// request has to pass, it has passed: authentication, limits and authorization stand before, and DataService's own checks come after.
/// </summary>
internal sealed class CacheMiddleware(RequestDelegate next, AnswerStore store, Flights flights, IOptions<CacheOptions> options)
{
    private readonly CacheOptions _options = options.Value;

    public Task InvokeAsync(HttpContext context)
    {
        if (!_options.Enabled || !CachedRoute.Is(context.GetReverseProxyFeature().Route.Config)) return next(context);
        var principal = context.GetPrincipal();
        if (store.IsOpen && CacheKey.Of(context.Request, principal) is { } key) return LookAsync(context, principal, key);
        CacheMetrics.Answered("bypass");
        return next(context);
    }

    private async Task LookAsync(HttpContext context, Principal principal, CacheKey key)
    {
        var (answers, writes) = store.Find(key);
        if (answers.Length > 0)
        {
            await GoAsync(context, new CacheVisit(key, answers, writes));
            return;
        }

        var flight = key.FlightOf(principal);
        while (flights.Join(flight) is { } ahead)
        {
            CacheMetrics.Waited();
            if (await WaitAsync(ahead, context.RequestAborted) == Landing.Abandoned) continue;

            // What was kept is asked about, for this caller, like anything else that is kept.
            (answers, writes) = store.Find(key);
            await GoAsync(context, new CacheVisit(key, answers, writes));
            return;
        }

        // Looked up again: whoever went ahead before may have come back between the look and the join.
        (answers, writes) = store.Find(key);
        var visit = new CacheVisit(key, answers, writes);
        try
        {
            await GoAsync(context, visit);
        }
        finally
        {
            flights.Land(flight, visit.Landing);
        }
    }

    private async Task<Landing> WaitAsync(Task<Landing> ahead, CancellationToken cancellationToken)
    {
        try
        {
            return await ahead.WaitAsync(_options.Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            return Landing.NotKept;
        }
    }

    private Task GoAsync(HttpContext context, CacheVisit visit)
    {
        context.Features.Set(visit);
        return next(context);
    }
}
