using System.Runtime.CompilerServices;
using AiMesh.Gateway.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace AiMesh.Gateway.Cors;

/// <summary>Gives ASP.NET Core's CORS middleware the policy of the settings in force.</summary>
internal sealed class LiveCorsPolicy : ICorsPolicyProvider
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] Exposed = ["RateLimit", "RateLimit-Policy", "Retry-After", "ETag", "grpc-status", "grpc-message"];

    private readonly ConditionalWeakTable<CorsOptions, CorsPolicy> _policies = [];

    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        // There is one policy for all. Asked for when needed, as the check of the settings asks this class in turn.
        if (policyName is not null)
            return Task.FromResult<CorsPolicy?>(null);
        var options = context.RequestServices.GetRequiredService<LiveSettings>().Current.Cors;
        return Task.FromResult(options.Origins.Count == 0 ? null : _policies.GetValue(options, Build));
    }

    private static CorsPolicy Build(CorsOptions options)
    {
        var policy = new CorsPolicyBuilder([.. options.Origins])
            .WithMethods(options.Methods.Count > 0 ? [.. options.Methods] : Methods)
            .WithExposedHeaders(Exposed)
            .SetPreflightMaxAge(options.MaxAge);
        _ = options.Headers.Count > 0 ? policy.WithHeaders([.. options.Headers]) : policy.AllowAnyHeader();
        return (options.AllowCredentials ? policy.AllowCredentials() : policy).Build();
    }
}
