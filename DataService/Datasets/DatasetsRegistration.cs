using AiMesh.DataService.Aggregates;
using AiMesh.DataService.Batches;
using AiMesh.DataService.Export;
using AiMesh.DataService.Import;
using AiMesh.DataService.Items;
using AiMesh.DataService.Paging;
using AiMesh.DataService.Protection;

namespace AiMesh.DataService.Datasets;

internal static class DatasetsRegistration
{
    public static void AddDatasets(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ProtectionOptions>().BindConfiguration(ProtectionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<KeyRotation>();
        services.AddHostedService<KeyPump>();
        services.AddSingleton<DatasetStore>();
        services.AddSingleton<DatasetCatalog>();
        services.AddSingleton<DatasetEditor>();
        services.AddSingleton(PageTokenKey.From(builder.Configuration, builder.Environment));
        services.AddSingleton<PageTokens>();
    }

    public static void AddItems(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(new ItemIds.Source(Guid.NewGuid));
        services.AddSingleton<ItemIds>();
        services.AddOptions<StreamOptions>().BindConfiguration(StreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StreamLimit>();
        services.AddSingleton<ItemStore>();
        services.AddSingleton<ItemReader>();
        services.AddSingleton<ItemWriteStore>();
        services.AddSingleton<ItemEditor>();
        services.AddSingleton<ImportStore>();
        services.AddSingleton<ItemImporter>();
        services.AddSingleton<ItemExporter>();
        services.AddSingleton<ItemAggregator>();
        services.AddSingleton<BatchClock>();
        services.AddSingleton<BatchStore>();
        services.AddSingleton<ItemBatches>();
        services.AddSingleton<BulkItems>();
        services.AddSingleton<ItemQueries>();
    }
}
