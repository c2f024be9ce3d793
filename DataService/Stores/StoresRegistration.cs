namespace AiMesh.DataService.Stores;

internal static class StoresRegistration
{
    public static void AddStores(this IHostApplicationBuilder builder)
    {
        var stores = new StoreRegistry(builder.Configuration, TimeProvider.System);
        var services = builder.Services;
        services.AddSingleton(_ => stores);
        services.AddSingleton<DocumentScope>();
        services.AddSingleton<DocumentItems>();
        services.AddSingleton<DocumentEdits>();
        if (stores.All.Count == 0) return;
        services.AddSingleton<StoresHealthCheck>();
        services.AddHealthChecks().AddCheck<StoresHealthCheck>("stores");
    }
}
