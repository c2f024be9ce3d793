using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Storage;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc().AddJsonTranscoding();
builder.AddIotStorage();
builder.AddDeviceCredentials();
builder.AddDevices();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapRpc<DevicesGrpcService>();
app.Run();
