using System.Globalization;
using AiMesh.Gateway.Problems;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Limits;

/// <summary>
/// Counts every request whose caller is known, also those that authorization will refuse, and refuses with 429 what is too much. Tells clients where
/// they stand: https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html.
/// </summary>
internal sealed class LimitsMiddleware
{
    private readonly RequestDelegate _next;
    private readonly Limiter _limiter;
    private LimitPlan _plan;

    public LimitsMiddleware(RequestDelegate next, Limiter limiter, IOptionsMonitor<LimitGroups> options)
    {
        (_next, _limiter, _plan) = (next, limiter, new LimitPlan(options.CurrentValue));
        options.OnChange(groups => Volatile.Write(ref _plan, new LimitPlan(groups)));
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var buckets = Volatile.Read(ref _plan).BucketsOf(context);
        var decision = await _limiter.DecideAsync(buckets);
        WriteHeaders(context.Response.Headers, buckets, decision);
        if (decision.IsAllowed)
            await _next(context);
        else
            await EdgeProblem.WriteAsync(context, StatusCodes.Status429TooManyRequests);
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
