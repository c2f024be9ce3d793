namespace AiMesh.IoTIngest.Devices;

internal static class DevicesRegistration
{
    public static void AddDevices(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeviceStore>();
        builder.Services.AddSingleton<DeviceDirectory>();
        builder.Services.AddSingleton<DeviceConnections>();
        builder.Services.AddHostedService<DeviceChangeListener>();
    }
}
