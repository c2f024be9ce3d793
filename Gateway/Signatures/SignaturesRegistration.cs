using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Settings;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.Gateway.Signatures;

/// <summary>Signed requests of machine clients (G6).</summary>
internal static class SignaturesRegistration
{
    public static void AddSignatures(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NonceStore>();
        builder.Services.AddSingleton<SignatureVerifier>();
    }

    public static void UseSignatures(this WebApplication app)
    {
        var live = app.Services.GetRequiredService<LiveSettings>();
        var verifier = app.Services.GetRequiredService<SignatureVerifier>();
        app.Use((context, next) =>
        {
            var keys = live.Current.Signatures;
            var principal = context.GetPrincipal();
            // A signature is never ignored, also where none is asked for: its sender relies on it.
            return keys.MustSign(principal) || context.Request.Headers.ContainsKey("Signature-Input") ? CheckAsync(context, next, keys, principal) : next(context);
        });

        async Task CheckAsync(HttpContext context, RequestDelegate next, SignatureKeys keys, Principal principal)
        {
            if (await verifier.FindFaultAsync(context, keys, principal) is { } fault)
                await EdgeProblem.WriteAsync(context, StatusCodes.Status401Unauthorized, "SIGNATURE_INVALID", fault);
            else
                await next(context);
        }
    }
}
