using AiMesh.DataService;
using AiMesh.DataService.Answers;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Demo;
using AiMesh.DataService.Events;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.DataService.Privacy;
using AiMesh.ServiceDefaults.Audit;

if (args is [VerifyAuditCommand.Name, ..]) return await AuditRegistration.VerifyAsync(args);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddMeshDatabase("data-db", DataConnections.Configure);
if (builder.Configuration.GetConnectionString("redis") is not null) builder.AddRedisClient("redis");
builder.AddAudit();
builder.AddDatasets();
builder.AddItems();
builder.AddPersonalData<DataPersonalData>();
builder.AddEvents();
builder.AddAnswers();
builder.AddDemo();

var app = builder.Build();
app.UseMesh();
app.UseAudit();
app.UseAnswers();
app.MapDefaultEndpoints();
app.MapRpc<DatasetsGrpcService>();
app.MapRpc<ItemsGrpcService>();
app.MapEvents();
app.MapImport();
app.MapPersonalData();
app.Run();
return 0;
