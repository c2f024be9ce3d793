using AiMesh.AiService;
using AiMesh.AiService.Ask;
using AiMesh.AiService.Catalogue;
using AiMesh.AiService.Completion;
using AiMesh.AiService.Reports;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddMeshDatabase("ai-db");
if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
builder.AddModels();
builder.AddCalls();
builder.AddAsk();

var app = builder.Build();
app.UseAskEventStream();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapRpc<AssistantGrpcService>();
app.MapRpc<ChatGrpcService>();
app.MapRpc<ModelsGrpcService>();
app.MapRpc<UsageGrpcService>();
app.MapAskEventStream();
app.Run();
