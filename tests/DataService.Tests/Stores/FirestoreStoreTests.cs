using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Firestore;
using AiMesh.Testing;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>On Google's emulator.</summary>
[Trait("Level", "Server")]
public sealed class FirestoreStoreTests : StoreConformance
{
    private protected override async Task<IDocumentStore> OpenAsync() => new FirestoreStore(Options((await StoreEngine.FirestoreAsync()).Address), TimeProvider.System);

    internal static StoreOptions Options(Uri address) => new() { Provider = "firestore", Endpoint = address.ToString(), Project = "aimesh-test", CredentialFile = "none", Retries = 8 };
}
