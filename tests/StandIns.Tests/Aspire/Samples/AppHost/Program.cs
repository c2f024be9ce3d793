// A mesh in small: a server, a database, a cache, a service behind another, each part only if the tests ask for it.
using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);
var settings = builder.Configuration;

var key = builder.AddParameter("some-key", new GenerateParameterDefault { MinLength = 30 }, secret: true, persist: true);

var back = builder.AddProject<Projects.Sample_Service>("back")
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithEnvironment("Some__Key", key)
    .WithReplicas(settings.GetValue("Replicas:back", 1));

var front = builder.AddProject<Projects.Sample_Service>("front")
    .WithReference(back).WaitFor(back)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithEndpoint("http", endpoint => endpoint.Port = settings.GetValue<int?>("Front:Port"))
    .WithEndpoint(port: settings.GetValue<int?>("Front:SidePort"), scheme: "tcp", name: "side", env: "Side__Port")
    .WithEnvironment("BACK_URL", $"{back.GetEndpoint("http")}/v1")
    .WithArgs("--greeting", "two words")
    .WithExternalHttpEndpoints()
    .WithReplicas(settings.GetValue("Replicas:front", 1));

if (settings["Sample:EndAtOnce"] is { } code)
    back.WithEnvironment("Sample__EndAtOnce", code);

if (settings.GetValue("Sample:Servers", false))
{
    var database = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("things-db", "things");
    var redis = builder.AddRedis("redis").WithDataVolume();
    back.WithReference(database).WaitFor(database).WithReference(redis).WaitFor(redis);
}

builder.Build().Run();
