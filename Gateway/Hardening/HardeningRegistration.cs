using System.Security.Authentication;
using AiMesh.Gateway.Addresses;
using AiMesh.Gateway.Cors;
using AiMesh.Gateway.Problems;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AiMesh.Gateway.Hardening;

/// <summary>What stands before every request, whatever its route (G5, G6): TLS, patience with slow clients, addresses, CORS, headers.</summary>
internal static class HardeningRegistration
{
    /// <summary>How long an idle connection is kept; behind a load balancer longer than that keeps its own. Default: 2 minutes.</summary>
    private const string KeepAliveKey = "Gateway:KeepAliveTimeout";

    public static void AddHardening(this WebApplicationBuilder builder)
    {
        var keepAlive = builder.Configuration.GetValue(KeepAliveKey, TimeSpan.FromMinutes(2));
        if (keepAlive <= TimeSpan.Zero || keepAlive > TimeSpan.FromHours(1))
            throw new InvalidOperationException($"{KeepAliveKey} must be more than zero and at most an hour, for example 00:02:00.");
        builder.Services.AddCors();
        builder.Services.AddSingleton<ICorsPolicyProvider, LiveCorsPolicy>();
        // Lines end in CR LF; a bare LF is what requests are hidden behind. https://www.rfc-editor.org/rfc/rfc9112#section-2.2-3
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureHttpsDefaults(static https => https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
            // Who sends a byte now and then holds a connection and, with a body, a place at a service.
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = keepAlive;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        });
    }

    public static void UseHardening(this WebApplication app)
    {
        app.UseMiddleware<SecurityHeaders>();
        app.Use(RefuseTwoLengths);
        app.UseMiddleware<AddressGuard>();
        app.UseCors();
    }

    /// <summary>
    /// Who sends Content-Length beside Transfer-Encoding may want another server to read the end of the request elsewhere
    /// (https://www.rfc-editor.org/rfc/rfc9112#section-6.1-15). Kestrel repairs that, and leaves the length in this header.
    /// </summary>
    private static Task RefuseTwoLengths(HttpContext context, RequestDelegate next) =>
        context.Request.Headers.TransferEncoding.Count > 0 && context.Request.Headers.ContainsKey("X-Content-Length")
            ? EdgeProblem.WriteAsync(context, StatusCodes.Status400BadRequest)
            : next(context);
}
