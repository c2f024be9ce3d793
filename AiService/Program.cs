using AiMesh.AiService.Chat;
using AiMesh.AiService.Models;
using AiMesh.AiService.Privacy;
using AiMesh.AiService.Usage;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddMeshDatabase("ai-db");
if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
builder.AddProviders();
builder.AddCalls();
builder.AddAsk();
builder.AddChat();
builder.AddUsage();
builder.AddPersonalData<AiPersonalData>();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapAsk();
app.MapRpc<ChatGrpcService>();
app.MapRpc<ModelsGrpcService>();
app.MapRpc<UsageGrpcService>();
app.MapPersonalData();
app.Run();
