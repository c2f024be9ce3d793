using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.DynamoDb;
using AiMesh.Testing;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>On npm dynalite, which has no transactions: those are tested against a fake.</summary>
[Trait("Level", "Server")]
public sealed class DynamoDbStoreTests : StoreConformance
{
    private protected override bool EngineHasTransactions => false;

    private protected override async Task<IDocumentStore> OpenAsync() => new DynamoDbStore(Options((await StoreEngine.DynamoDbAsync()).Address));

    internal static StoreOptions Options(Uri address) => new()
    {
        Provider = "dynamodb",
        Endpoint = address.ToString(),
        Region = "eu-central-1",
        AccessKey = "key",
        SecretKey = "secret",
        Retries = 8,
    };
}
