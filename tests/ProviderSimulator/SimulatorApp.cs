using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.Json;

namespace AiMesh.ProviderSimulator;

/// <summary>The simulator's endpoints.</summary>
public static class SimulatorApp
{
    public static WebApplication Create(string[] args, SimulatorState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var builder = WebApplication.CreateSlimBuilder(args);

        // Inside a test the appsettings.json of the tested service may lie in the working folder; it is not meant for this server.
        foreach (var file in builder.Configuration.Sources.OfType<JsonConfigurationSource>().ToList())
            builder.Configuration.Sources.Remove(file);

        // A flush then ends when the bytes have gone out, so what a script sends before it breaks a connection does arrive.
        builder.WebHost.UseSockets(static sockets => sockets.MaxWriteBufferSize = 1);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        state.Key ??= builder.Configuration["Key"];

        var app = builder.Build();
        app.Use((httpContext, next) => IsRefused(httpContext, state) is { } refusal ? refusal : next(httpContext));
        app.MapGet("/v1/models", () => new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. PriceList.OfModels.Keys.Select(m => new JsonObject { ["id"] = m, ["object"] = "model", ["owned_by"] = "simulator" })]),
        });
        app.MapPost("/v1/chat/completions", (HttpContext httpContext) => ChatCompletions.ServeAsync(httpContext, state));
        app.MapPost("/v1/embeddings", Embeddings.ServeAsync);
        app.MapGet("/admin/billing", () => new { state.TotalCost, state.Requests });
        app.MapPost("/admin/scripts", (Script[] scripts) => state.Enqueue(scripts));
        app.MapDelete("/admin/scripts", state.ClearScripts);
        return app;
    }

    // Real providers quote a part of a wrong key in their answer; so does this one, whole, so that a leak shows.
    private static Task? IsRefused(HttpContext httpContext, SimulatorState state)
    {
        if (state.Key is null || !httpContext.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal)) return null;
        var given = httpContext.Request.Headers.Authorization.ToString();
        return given == $"Bearer {state.Key}" ? null : Errors.WriteAsync(httpContext, 401, "invalid_api_key", $"Incorrect API key provided: {given}.");
    }
}
