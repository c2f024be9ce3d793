using AiMesh.IoTIngest.Alerts;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using AiMesh.IoTIngest.Live;
using AiMesh.IoTIngest.Readings;
using AiMesh.IoTIngest.Storage;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddIotStorage();
builder.AddDeviceCredentials();
builder.AddDevices();
builder.AddReadings();
builder.AddIngest();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapRpc<DevicesGrpcService>();
app.MapRpc<IngestGrpcService>();
app.MapRpc<ReadingsGrpcService>();
app.MapRpc<AlertsGrpcService>();
app.MapLive();
app.Run();
