using AiMesh.Gateway.Edge;
using AiMesh.Gateway.Http2;
using AiMesh.Gateway.Limits;
using AiMesh.Gateway.MeshHealth;
using AiMesh.Gateway.OpenAi;
using AiMesh.Gateway.OpenApi;
using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Routes;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddHttp2PriorKnowledge();
builder.AddEdge();
builder.AddProblems();
builder.AddLimits();
builder.AddRoutes();
builder.AddMeshHealth();
builder.AddOpenApiDocument();
builder.AddOpenAi();

var app = builder.Build();

app.UseProblems();
app.UseEdge();
app.UseLimits();
app.MapDefaultEndpoints();
app.MapOpenApiDocument();
app.MapOpenAi();
app.MapRoutes();

app.Run();
