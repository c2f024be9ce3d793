using AiMesh.Gateway.Caching;
using AiMesh.Gateway.Edge;
using AiMesh.Gateway.Hardening;
using AiMesh.Gateway.Http2;
using AiMesh.Gateway.Limits;
using AiMesh.Gateway.MeshHealth;
using AiMesh.Gateway.OpenAi;
using AiMesh.Gateway.OpenApi;
using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Routes;
using AiMesh.Gateway.Settings;
using AiMesh.Gateway.Signatures;

namespace AiMesh.Gateway;

/// <summary>The gateway, put together; tests start the very same one in their own process.</summary>
internal static class GatewayApplication
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);

        builder.AddServiceDefaults();
        builder.AddSettings();
        builder.AddHttp2PriorKnowledge();
        builder.AddHardening();
        builder.AddEdge();
        builder.AddSignatures();
        builder.AddLimits();
        builder.AddCaching();
        builder.AddRoutes();
        builder.AddMeshHealth();
        builder.AddOpenApiDocument();
        builder.AddOpenAi();

        var app = builder.Build();

        app.UseSettings();
        app.UseHardening();
        app.UseProblems();
        app.UseEdge();
        app.MapDefaultEndpoints();
        app.MapOpenApiDocument();
        app.MapOpenAi();
        app.MapRoutes();

        return app;
    }
}
