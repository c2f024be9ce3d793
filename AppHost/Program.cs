using AiMesh.AppHost.Certificates;
using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);
var settings = builder.Configuration;

// Secrets: generated once and kept with the data, unless configuration gives them (Parameters:mesh-master-key).
var masterKey = builder.AddParameter(
    "mesh-master-key", new GenerateParameterDefault { MinLength = 43, Special = false }, secret: true, persist: true);

// Only a development configuration has a demo password; without one there are no demo users.
var demoPassword = builder.AddParameter("demo-password", () => settings["Demo:Password"] ?? "", secret: true);

// Stores: one database per service; Redis holds only what may be lost.
var postgres = builder.AddPostgres("postgres").WithDataVolume();
var authDb = postgres.AddDatabase("auth-db", "auth");
var dataDb = postgres.AddDatabase("data-db", "data");
var aiDb = postgres.AddDatabase("ai-db", "ai");
var iotDb = postgres.AddDatabase("iot-db", "iot");
var redis = builder.AddRedis("redis").WithDataVolume();

// Services start side by side: until those it calls are there, a service retries and its /health says that it is not ready.
var auth = builder.AddProject<Projects.AiMesh_AuthService>("auth")
    .WithReference(authDb).WaitFor(authDb);

var data = builder.AddProject<Projects.AiMesh_DataService>("data")
    .WithReference(dataDb).WaitFor(dataDb)
    .WithReference(auth);

var iot = builder.AddProject<Projects.AiMesh_IoTIngest>("iot")
    .WithReference(iotDb).WaitFor(iotDb)
    .WithReference(auth)
    .WithEndpoint(port: settings.GetValue("Mqtt:Port", 1883), scheme: "tcp", name: "mqtt", env: "Mqtt__Port", isExternal: true);

var ai = builder.AddProject<Projects.AiMesh_AiService>("ai")
    .WithReference(aiDb).WaitFor(aiDb)
    .WithReference(auth)
    .WithReference(data)
    .WithReference(iot);

// AuthService asks each of them for what it keeps about a person, when one is exported or erased.
auth.WithReference(data).WithReference(ai).WithReference(iot);

// The one public entry, open when everything behind it is ready; its /health speaks for the whole mesh.
var gateway = builder.AddProject<Projects.AiMesh_Gateway>("gateway")
    .WithReference(auth).WaitFor(auth)
    .WithReference(data).WaitFor(data)
    .WithReference(ai).WaitFor(ai)
    .WithReference(iot).WaitFor(iot)
    .WithEndpoint("http", endpoint =>
    {
        endpoint.Port = settings.GetValue("Gateway:Port", 8080);
        endpoint.TargetHost = "localhost";
    })
    .WithExternalHttpEndpoints()
    .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/docs", DisplayText = "browse and try the API" });

// Rate limits may be given to the AppHost: --Limits:Ai:Burst=5.
foreach (var (key, value) in settings.GetSection("Limits").AsEnumerable().Where(setting => setting.Value is not null))
    gateway.WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);

IResourceBuilder<ProjectResource>[] services = [auth, data, iot, ai, gateway];
foreach (var service in services)
{
    service
        .WithReference(redis).WaitFor(redis)
        .WithEnvironment("Mesh__MasterKey", masterKey)
        .WithEnvironment("Demo__Password", demoPassword)
        .WithEnvironment("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Warning") // The table of resources has the addresses.
        .WithServiceCertificate()
        .WithProbeEndpoint()
        .WithReplicas(settings.GetValue($"Replicas:{service.Resource.Name}", 1));
}

// Events go to a broker as well where one is wanted. Nobody waits for it: events can.
if (settings.GetValue("RabbitMQ:Enabled", false)) data.WithReference(builder.AddRabbitMQ("rabbitmq").WithDataVolume());

builder.Build().Run();
