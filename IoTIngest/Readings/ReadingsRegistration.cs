using AiMesh.IoTIngest.Alerts;
using AiMesh.IoTIngest.Live;

namespace AiMesh.IoTIngest.Readings;

internal static class ReadingsRegistration
{
    /// <summary>Readings and alerts, stored and live.</summary>
    public static void AddReadings(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReadingStore>();
        builder.Services.AddSingleton<AlertStore>();
        builder.Services.AddSingleton<LiveHub>();
    }
}
