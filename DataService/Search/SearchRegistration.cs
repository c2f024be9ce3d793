using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.Ranking;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Stores;
using AiMesh.Embeddings;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Search;

internal static class SearchRegistration
{
    public static void AddSearch(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<SearchOptions>().BindConfiguration(SearchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(static _ => new SentenceEmbedder(WordTable.Load()));
        services.AddSingleton<SearchIndexer>();
        services.AddSingleton<IndexReader>();
        services.AddSingleton<IndexCache>();
        services.AddSingleton<SearchStore>();
        services.AddSingleton<SearchSnapshots>();
        services.AddSingleton<GraphWorker>();
        services.AddHostedService(static provider => provider.GetRequiredService<GraphWorker>());
        services.AddSingleton(static provider => new VectorScores(provider.GetRequiredService<GraphWorker>(), provider.GetRequiredService<IOptions<SearchOptions>>().Value.ExactLimit));
        services.AddSingleton<Ranker>();
        services.AddSingleton<ItemSearch>();
        services.AddHostedService<SearchWorker>();
        AddVectorStores(builder);
    }

    private static void AddVectorStores(IHostApplicationBuilder builder)
    {
        var stores = new VectorStoreRegistry(builder.Configuration);
        var services = builder.Services;
        services.AddSingleton(_ => stores);
        services.AddSingleton<IndexCopier>();
        services.AddSingleton<CopiedVectors>();
        services.AddSingleton<DistantScores>();
        if (stores.All.Count == 0) return;
        services.AddHostedService<CopyWorker>();
        services.AddStoresHealthCheck("search-stores", stores.All.ToDictionary(static store => store.Key, static store => (Func<CancellationToken, Task>)store.Value.PingAsync));
    }
}
