using System.Globalization;
using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Settings;

namespace AiMesh.Gateway.Limits;

/// <summary>
/// Counts every request whose caller is known, also those that authorization will refuse, and refuses with 429 what is too much. Tells clients where
/// they stand: https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html.
/// </summary>
internal sealed class LimitsMiddleware(RequestDelegate next, Limiter limiter, LiveSettings live)
{
    private LimitPlan _plan = new(live.Current.Limits);

    public Task InvokeAsync(HttpContext context)
    {
        var buckets = Plan().BucketsOf(context);
        var decision = limiter.DecideAsync(buckets);
        return decision.IsCompletedSuccessfully ? ApplyAsync(context, buckets, decision.Result) : AwaitAsync(context, buckets, decision);
    }

    private async Task AwaitAsync(HttpContext context, LimitBucket[] buckets, ValueTask<LimitDecision> decision) =>
        await ApplyAsync(context, buckets, await decision);

    private Task ApplyAsync(HttpContext context, LimitBucket[] buckets, LimitDecision decision)
    {
        WriteHeaders(context.Response.Headers, buckets, decision);
        return decision.IsAllowed ? next(context) : EdgeProblem.WriteAsync(context, StatusCodes.Status429TooManyRequests);
    }

    private LimitPlan Plan()
    {
        var limits = live.Current.Limits;
        var plan = Volatile.Read(ref _plan);
        if (ReferenceEquals(plan.Limits, limits))
            return plan;
        plan = new LimitPlan(limits);
        Volatile.Write(ref _plan, plan);
        return plan;
    }

    private static void WriteHeaders(IHeaderDictionary headers, LimitBucket[] buckets, LimitDecision decision)
    {
        var policy = buckets[decision.Bucket].Policy;
        var seconds = Math.Max(1, (decision.ResetMicroseconds + 999_999) / 1_000_000);
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{policy.Name}\";r={decision.Remaining};t={seconds}");
        headers["RateLimit-Policy"] = policy.Header;
        if (!decision.IsAllowed)
            headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
    }
}
