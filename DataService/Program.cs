using AiMesh.DataService;
using AiMesh.DataService.Answers;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Demo;
using AiMesh.DataService.Events;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddMeshDatabase("data-db", DataConnections.Configure);
if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
builder.AddDatasets();
builder.AddItems();
builder.AddEvents();
builder.AddAnswers();
builder.AddDemo();

var app = builder.Build();
app.UseMesh();
app.UseAnswers();
app.MapDefaultEndpoints();
app.MapRpc<DatasetsGrpcService>();
app.MapRpc<ItemsGrpcService>();
app.MapEvents();
app.MapImport();
app.Run();
