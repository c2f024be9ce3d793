using AiMesh.IoTIngest;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddFeatures();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapFeatures();
app.Run();
