using System.Security.Claims;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Recognises a caller whose access token was verified before, without creating the handlers of two authentication schemes, which
/// takes longer than the rest of a small call. Everything else, also every refusal, is left to ASP.NET Core's authentication.
/// </summary>
internal sealed class VerifiedTokens(RequestDelegate next, AccessTokenVerifier verifier, IOptions<MeshAuthenticationOptions> options)
{
    // Set by UseAuthentication; without it WebApplication puts one in front of the pipeline. Should it be renamed, requests are
    // authenticated twice, and none too little.
    private const string AuthenticationIsThere = "__AuthenticationMiddlewareSet";

    private static readonly TimeSpan PatienceForPolicies = TimeSpan.FromSeconds(2);

    private const string Prefix = "Bearer ";

    private readonly MeshAuthenticationOptions _options = options.Value;

    public static void Use(IApplicationBuilder app)
    {
        app.Properties[AuthenticationIsThere] = true;
        if (!app.ApplicationServices.GetRequiredService<IServiceProviderIsService>().IsService(typeof(AccessTokenVerifier))) return;
        app.UseMiddleware<VerifiedTokens>();
        app.UseWhen(static httpContext => httpContext.User.Identity is not MeshIdentity, static others => others.UseAuthentication());
        var policies = app.ApplicationServices.GetRequiredService<AccessPolicies>();
        app.Use((httpContext, next) =>
        {
            if (httpContext.User.Identity is not MeshIdentity identity) return next(httpContext);
            identity.Policies = policies;
            return policies.Loaded.IsCompleted ? next(httpContext) : WaitForPoliciesAsync(policies, httpContext, next);
        });
    }

    /// <summary>In the first moments of a service: a call that comes a moment too early waits for policies, as it does for keys and revocations.</summary>
    private static async Task WaitForPoliciesAsync(AccessPolicies policies, HttpContext httpContext, RequestDelegate next)
    {
        var patience = Task.Delay(PatienceForPolicies, httpContext.RequestServices.GetRequiredService<TimeProvider>(), httpContext.RequestAborted);
        await Task.WhenAny(policies.Loaded, patience);
        await next(httpContext);
    }

    public Task InvokeAsync(HttpContext httpContext)
    {
        if (httpContext.Request.Headers.Authorization is [{ Length: > 7 } authorization]
            && authorization.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && !IsForAnotherScheme(httpContext)
            && verifier.FindVerified(authorization.AsSpan(Prefix.Length)) is { } verified)
        {
            // Not shared between requests: ASP.NET Core lets anybody add identities to a ClaimsPrincipal.
            httpContext.User = new ClaimsPrincipal(new MeshIdentity(verified.Principal, JwtBearerDefaults.AuthenticationScheme));
        }

        return next(httpContext);
    }

    private bool IsForAnotherScheme(HttpContext httpContext)
    {
        foreach (var selector in _options.SchemeSelectors)
            if (selector(httpContext) is { } scheme && scheme != JwtBearerDefaults.AuthenticationScheme) return true;
        return false;
    }
}
