using AiMesh.IoTIngest.Detection;

namespace AiMesh.IoTIngest.Ingest;

internal static class IngestRegistration
{
    public static void AddIngest(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<IngestOptions>().BindConfiguration(IngestOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<SeriesCatalog>();
        builder.Services.AddSingleton<PartitionCatalog>();
        builder.Services.AddSingleton<DetectorStore>();
        builder.Services.AddSingleton<BatchWriters>();
        builder.Services.AddSingleton<IngestPipeline>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<BatchWriters>());
        builder.Services.AddHostedService<Housekeeping>();
    }
}
