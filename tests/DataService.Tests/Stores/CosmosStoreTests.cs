using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Cosmos;
using AiMesh.Testing;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>On npm @vercel/cosmosdb-server, which has no transactional batch: that is tested against a fake.</summary>
[Trait("Level", "Server")]
public sealed class CosmosStoreTests : StoreConformance
{
    private protected override bool EngineHasTransactions => false;

    private protected override async Task<IDocumentStore> OpenAsync() => new CosmosStore(Options((await StoreEngine.CosmosDbAsync()).Address), TimeProvider.System);

    internal static StoreOptions Options(Uri address) => new() { Provider = "cosmos", Endpoint = address.ToString(), SecretKey = StoreEngine.CosmosKey, Retries = 8 };
}
