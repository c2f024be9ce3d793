using AiMesh.DataService.Stores;
using AiMesh.Testing;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>A DataService that is configured for every store, and for one that nobody answers at.</summary>
public sealed class StoresFixture : IAsyncLifetime
{
    private static int _fixtures;

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public DataServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var engines = await Task.WhenAll(StoreEngine.DynamoDbAsync(), StoreEngine.CosmosDbAsync(), StoreEngine.FirestoreAsync());

        // The servers are shared, and each database gives its datasets the same numbers.
        var prefix = FormattableString.Invariant($"t{Environment.ProcessId}-{Interlocked.Increment(ref _fixtures)}-");
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();
        Service = await DataServiceHost.StartAsync(Database.ConnectionString, Authority,
        [
            .. Settings("dynamo", DynamoDbStoreTests.Options(engines[0].Address), prefix),
            .. Settings("twin", DynamoDbStoreTests.Options(engines[0].Address), prefix),
            .. Settings("cosmos", CosmosStoreTests.Options(engines[1].Address), prefix),
            .. Settings("fire", FirestoreStoreTests.Options(engines[2].Address), prefix),
            .. Settings("gone", new StoreOptions { Provider = "cosmos", Endpoint = $"http://127.0.0.1:{FreePort.Next()}", SecretKey = StoreEngine.CosmosKey, Retries = 0 }, prefix),
        ]);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
    }

    internal Caller Caller(string role, string subject = "") => new(
        Service, Authority.Token(subject.Length > 0 ? subject : role, "demo", [role], role == "admin" ? ["*"] : ["data:list", "data:read:*", "data:write:*", "data:delete:*", "data:import:*"], null), subject);

    internal static IEnumerable<string> Settings(string name, StoreOptions options, string prefix) =>
    [
        $"Stores:{name}:Provider={options.Provider}", $"Stores:{name}:Endpoint={options.Endpoint}", $"Stores:{name}:Region={options.Region}", $"Stores:{name}:AccessKey={options.AccessKey}",
        $"Stores:{name}:SecretKey={options.SecretKey}", $"Stores:{name}:Project={options.Project}", $"Stores:{name}:CredentialFile={options.CredentialFile}",
        FormattableString.Invariant($"Stores:{name}:Retries={options.Retries}"), $"Stores:{name}:Prefix={prefix}",
    ];
}
