using System.Globalization;
using System.Threading.RateLimiting;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

namespace AiMesh.Gateway.Limits;

/// <summary>
/// Rate limits per address, and per caller and endpoint group (G3), with buckets in this process. A refusal is 429 with
/// Retry-After and RateLimit headers.
/// </summary>
internal static class LimitsRegistration
{
    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LimitGroups>().BindConfiguration(LimitGroups.Section)
            .Validate(AllInRange, "Every PermitsPerSecond and Burst under Limits must lie between 1 and 1,000,000.").ValidateOnStart();
        builder.Services.AddRateLimiter(options => options.RejectionStatusCode = StatusCodes.Status429TooManyRequests);
        builder.Services.AddOptions<Microsoft.AspNetCore.RateLimiting.RateLimiterOptions>().Configure<IOptions<LimitGroups>>((options, groups) =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.CreateChained(ByAddress(groups.Value.Address), ByCaller(groups.Value));
            options.OnRejected = (rejected, _) =>
            {
                WriteHeaders(rejected.HttpContext, rejected.Lease, groups.Value[GroupOf(rejected.HttpContext)]);
                return ValueTask.CompletedTask;
            };
        });
    }

    public static void UseLimits(this WebApplication app) => app.UseRateLimiter();

    /// <summary>Puts a hand-written endpoint into a limit group.</summary>
    public static TBuilder WithLimit<TBuilder>(this TBuilder builder, LimitGroup group) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new GroupMetadata(group));

    private static PartitionedRateLimiter<HttpContext> ByAddress(LimitOptions limit) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(AddressOf(context), _ => Bucket(limit)));

    private static PartitionedRateLimiter<HttpContext> ByCaller(LimitGroups groups) =>
        PartitionedRateLimiter.Create<HttpContext, (LimitGroup Group, string Organisation, string Caller)>(context =>
        {
            var group = GroupOf(context);
            var principal = context.GetPrincipal();
            // A device credential is not verified yet, so its word must not choose the bucket.
            var caller = principal.Kind is PrincipalKind.Anonymous or PrincipalKind.Device ? AddressOf(context) : principal.Subject;
            return RateLimitPartition.GetTokenBucketLimiter((group, principal.Organisation, caller), _ => Bucket(groups[group]));
        });

    private static TokenBucketRateLimiterOptions Bucket(LimitOptions limit) => new()
    {
        TokenLimit = limit.Burst,
        TokensPerPeriod = limit.PermitsPerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    private static LimitGroup GroupOf(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<GroupMetadata>() is { } own)
            return own.Group;
        var configured = metadata?.GetMetadata<RouteModel>()?.Config.Metadata?.GetValueOrDefault("Limit");
        return Enum.TryParse<LimitGroup>(configured, out var group) ? group : LimitGroup.Default;
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    private static void WriteHeaders(HttpContext context, RateLimitLease lease, LimitOptions limit)
    {
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : TimeSpan.FromSeconds(1);
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var headers = context.Response.Headers;
        headers.RetryAfter = seconds;
        headers["RateLimit-Limit"] = limit.Burst.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = "0";
        headers["RateLimit-Reset"] = seconds;
    }

    private static bool AllInRange(LimitGroups groups) =>
        new[] { groups.Default, groups.Ai, groups.SignIn, groups.Ingest, groups.Address }
            .All(limit => limit is { PermitsPerSecond: >= 1 and <= 1_000_000, Burst: >= 1 and <= 1_000_000 });

    private sealed record GroupMetadata(LimitGroup Group);
}
