using AiMesh.DataService;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Demo;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.DataService.Privacy;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddMeshDatabase("data-db", DataConnections.Configure);
if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
builder.AddDatasets();
builder.AddItems();
builder.AddPersonalData<DataPersonalData>();
builder.AddDemo();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapRpc<DatasetsGrpcService>();
app.MapRpc<ItemsGrpcService>();
app.MapImport();
app.MapPersonalData();
app.Run();
