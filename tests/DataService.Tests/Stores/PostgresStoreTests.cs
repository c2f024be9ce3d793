using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Postgres;
using AiMesh.Testing;
using Npgsql;

namespace AiMesh.DataService.Tests.Stores;

[Trait("Level", "Server")]
public sealed class PostgresStoreTests : StoreConformance, IDisposable
{
    private static readonly Lazy<Task<PostgresDatabase>> Database = new(async () =>
    {
        var database = await PostgresServer.CreateDatabaseAsync();

        // Superusers are past row-level security, and with it past tenancy.
        await database.ExecuteAsync("CREATE ROLE store_owner LOGIN PASSWORD 'store' NOSUPERUSER NOBYPASSRLS; CREATE SCHEMA items AUTHORIZATION store_owner");
        return database;
    });

    private NpgsqlDataSource? _dataSource;

    private protected override async Task<IDocumentStore> OpenAsync()
    {
        _dataSource = NpgsqlDataSource.Create((await Database.Value).ConnectionStringFor("store_owner", "store"));
        return new PostgresStore(_dataSource);
    }

    public void Dispose() => _dataSource?.Dispose();
}
