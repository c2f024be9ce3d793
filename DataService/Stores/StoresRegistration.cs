using AiMesh.DataService.Diagnostics;
using AiMesh.DataService.Stores.Backup;
using AiMesh.DataService.Stores.Journal;
using AiMesh.DataService.Stores.Migration;

namespace AiMesh.DataService.Stores;

internal static class StoresRegistration
{
    /// <summary>What the commands take.</summary>
    public static StoreRegistry AddStorePlaces(this IHostApplicationBuilder builder)
    {
        var stores = new StoreRegistry(builder.Configuration, TimeProvider.System);
        var services = builder.Services;
        services.AddSingleton(_ => stores);
        services.AddSingleton<StorePlaces>();
        services.AddSingleton<StoreDiagnosis>();
        services.AddSingleton<DatasetBackup>();
        return stores;
    }

    public static void AddStores(this IHostApplicationBuilder builder)
    {
        var stores = builder.AddStorePlaces();
        var services = builder.Services;
        services.AddSingleton<StoreJournal>();
        services.AddSingleton<JournalSettler>();
        services.AddSingleton<DocumentScope>();
        services.AddSingleton<DocumentItems>();
        services.AddSingleton<DocumentEdits>();
        services.AddSingleton<MigrationStore>();
        services.AddSingleton<MigrationPlanner>();
        services.AddSingleton<MigrationDefinitions>();
        services.AddSingleton<DatasetMigrator>();
        services.AddSingleton<MigrationRun>();
        services.AddHostedService<MigrationPump>();
        if (stores.All.Count == 0) return;
        services.AddHostedService<JournalPump>();
        services.AddStoresHealthCheck("stores", stores.All.ToDictionary(static store => store.Key, static store => (Func<CancellationToken, Task>)store.Value.PingAsync));
    }
}
