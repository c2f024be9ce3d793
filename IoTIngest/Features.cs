using AiMesh.IoTIngest.Alerts;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Demo;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using AiMesh.IoTIngest.Live;
using AiMesh.IoTIngest.Mqtt;
using AiMesh.IoTIngest.Privacy;
using AiMesh.IoTIngest.Readings;
using AiMesh.IoTIngest.Storage;

namespace AiMesh.IoTIngest;

/// <summary>What the service is made of.</summary>
internal static class Features
{
    public static void AddFeatures(this WebApplicationBuilder builder)
    {
        builder.AddIotStorage();
        builder.AddDeviceCredentials();
        builder.AddDevices();
        builder.AddReadings();
        builder.AddIngest();
        builder.AddMqtt();
        builder.AddPersonalData<IotPersonalData>();
        builder.AddDemo();
    }

    public static void MapFeatures(this WebApplication app)
    {
        app.MapRpc<DevicesGrpcService>();
        app.MapRpc<IngestGrpcService>();
        app.MapRpc<ReadingsGrpcService>();
        app.MapRpc<AlertsGrpcService>();
        app.MapPersonalData();
        app.MapLive();
    }
}
