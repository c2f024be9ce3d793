using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Journal;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.DataService.Tests.Stores.Journal;

/// <summary>A process that writes to another store, step by step; disposed, it is as if it had been killed.</summary>
internal sealed class DyingWriter : IAsyncDisposable
{
    private readonly IServiceProvider _services;
    private readonly NpgsqlConnection _connection;

    private DyingWriter(IServiceProvider services, NpgsqlConnection connection, CompiledDataset dataset) => (_services, _connection, Dataset) = (services, connection, dataset);

    public CompiledDataset Dataset { get; }

    public long Operation { get; private init; }

    public static async Task<DyingWriter> StartAsync(StoresFixture data, string id)
    {
        var services = data.Service.Host.Services;
        var admin = new Principal { Kind = PrincipalKind.User, Subject = "admin", Organisation = "demo", TokenId = "t", Roles = ["admin"], Permissions = PermissionSet.Create("*") };
        var dataset = await services.GetRequiredService<DatasetCatalog>().UseAsync(admin, id, static view => Task.FromResult<Result<CompiledDataset>>(view.Dataset), CancellationToken.None);

        // Without a pool: its end is the end of its session.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(data.Database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var take = new NpgsqlCommand("SELECT nextval('store_operations')", connection);
        var operation = (long)(await take.ExecuteScalarAsync())!;
        await using var hold = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({StoreJournal.LockOf($"{operation}")})"), connection);
        await hold.ExecuteNonQueryAsync();
        return new DyingWriter(services, connection, dataset.OrThrow()) { Operation = operation };
    }

    public Task<Document?> FindAsync(string id) => Store.FindAsync(Dataset.Documents, id, CancellationToken.None);

    public static Document New(string id, string title, long version = 1, string owner = "admin")
    {
        var now = DocumentTime.Cut(DateTime.UtcNow);
        return new Document(id, new Dictionary<string, object> { ["title"] = title }, owner, version, now, now);
    }

    public async Task NoteAsync(JournalNote note) => Assert.Null(await _services.GetRequiredService<StoreJournal>().NoteAsync(Dataset, Operation, [note], CancellationToken.None));

    public async Task WriteAsync(DocumentWrite write) => Assert.Equal([true], await Store.WriteAsync(Dataset.Documents, [write], atomic: false, CancellationToken.None));

    /// <summary>Another process tries to settle what this one does.</summary>
    public Task SettleAsync() => _services.GetRequiredService<JournalSettler>().SettleAsync(Operation, CancellationToken.None);

    public async Task<bool> HasNotesAsync()
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM store_journal WHERE operation = $1)", _connection) { Parameters = { new() { Value = Operation } } };
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private IDocumentStore Store => _services.GetRequiredService<StoreRegistry>().Of(Dataset);
}
