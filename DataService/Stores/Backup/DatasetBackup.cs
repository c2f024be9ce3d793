using System.Data;
using System.Globalization;
using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Protection;
using AiMesh.DataService.Stores.Migration;
using AiMesh.DataService.Stores.Postgres;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Stores.Backup;

/// <summary>Writes all items of a dataset into a file, and back into an empty dataset. Encrypted values go through as they are: encrypted.</summary>
internal sealed class DatasetBackup([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, StorePlaces places, TimeProvider clock)
{
    private const int PageSize = 1000;
    private const int ChunkItems = 500;

    /// <summary>Of a dataset in PostgreSQL one state of everything; elsewhere each page as it is when it is read.</summary>
    /// <exception cref="BackupException">There is no such dataset.</exception>
    public async Task<StoreDigest> BackupAsync(string organisation, string name, Stream file, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var dataset = await FindAsync(connection, organisation, name, cancellationToken);
        var store = dataset.IsElsewhere ? places.Of(dataset.Definition.Store) : new PostgresStore(owner, connection);
        var (lines, now) = (new BackupLine(), DocumentTime.Cut(clock.GetUtcNow().UtcDateTime));
        await WriteAsync(BackupLine.Header, new BackupHeader(organisation, dataset.Definition, now).Write());
        using var sum = new StoreDigestSum();
        await foreach (var document in store.QueryAsync(dataset.Documents, DocumentQuery.Everything with { Expected = PageSize }, cancellationToken))
        {
            sum.Add(document);
            await WriteAsync(BackupLine.Item, BackupItem.Write(document));
        }

        var digest = sum.Take();
        await WriteAsync(BackupLine.End, JsonSerializer.SerializeToUtf8Bytes(new { items = digest.Count, sha256 = digest.Checksum }));
        await ChainAsync("backup", dataset, digest, cancellationToken);
        return digest;

        async Task WriteAsync(string kind, byte[] content)
        {
            await file.WriteAsync(lines.Write(kind, content), cancellationToken);
            await file.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }

    /// <summary>Stores what is in a file. The whole file is read and checked before anything is written, and written while nobody else writes: all of it, or nothing.</summary>
    /// <param name="organisation">Whose dataset.</param>
    /// <param name="name">Its id; it must exist and be empty.</param>
    /// <param name="file">Is read twice.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BackupException">The file is broken, does not fit, or the dataset is not as it must be.</exception>
    public async Task<StoreDigest> RestoreAsync(string organisation, string name, Stream file, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var dataset = await LockAsync(connection, organisation, name, cancellationToken);
        var (place, table) = (dataset.Definition.Store, dataset.Documents);
        var store = places.Of(place);
        if (!await places.IsEmptyAsync(place, table, cancellationToken)) throw new BackupException($"The dataset '{name}' has items; a backup is restored into an empty one.");

        var first = new BackupReader(file, dataset, store.Capabilities.MaxDocumentBytes);
        await foreach (var _ in first.ReadAsync(cancellationToken))
        {
            // Only to see whether all of it is as it must be.
        }

        await CheckKeysAsync(connection, organisation, first.Keys, cancellationToken);
        file.Position = 0;
        try
        {
            await foreach (var chunk in ChunksAsync(new BackupReader(file, dataset, store.Capabilities.MaxDocumentBytes).ReadAsync(cancellationToken)))
            {
                var done = await store.WriteAsync(table, [.. chunk.Select(DocumentWrite.Create)], atomic: false, cancellationToken);
                if (done.Contains(false)) throw new BackupException("Somebody else has written an item meanwhile, past the mesh.");
            }

            var stored = await StoreDigest.OfAsync(store, table, cancellationToken);
            if ((stored.Count, stored.Checksum) != (first.Digest!.Count, first.Digest.Checksum)) throw new BackupException("What is stored is not what is in the file.");
        }
        catch
        {
            await places.RemoveAsync(place, dataset, CancellationToken.None);
            if (dataset.IsElsewhere) await store.CreateTableAsync(table, CancellationToken.None);
            throw;
        }

        await ChainAsync("restore", dataset, first.Digest, cancellationToken);
        return first.Digest;
    }

    private static async IAsyncEnumerable<List<Document>> ChunksAsync(IAsyncEnumerable<Document> documents)
    {
        var chunk = new List<Document>(ChunkItems);
        await foreach (var document in documents)
        {
            chunk.Add(document);
            if (chunk.Count < ChunkItems) continue;
            yield return chunk;
            chunk = new List<Document>(ChunkItems);
        }

        if (chunk.Count > 0) yield return chunk;
    }

    private static async Task<CompiledDataset> FindAsync(NpgsqlConnection connection, string organisation, string name, CancellationToken cancellationToken)
    {
        await Audit.AuditPeople.EnterAsync(connection, organisation, cancellationToken);
        var select = new NpgsqlCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 AND name = $2", connection) { Parameters = { new() { Value = organisation }, new() { Value = name } } };
        return await MigrationDefinitions.FindAsync(select, cancellationToken) ?? throw new BackupException($"There is no dataset '{name}' in the organisation '{organisation}'.");
    }

    private static async Task<CompiledDataset> LockAsync(NpgsqlConnection connection, string organisation, string name, CancellationToken cancellationToken)
    {
        var found = await FindAsync(connection, organisation, name, cancellationToken);
        var sql = string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({found.Id})");
        await using (var take = new NpgsqlCommand(sql, connection)) await take.ExecuteNonQueryAsync(cancellationToken);
        var locked = await FindAsync(connection, organisation, name, cancellationToken);
        return (locked.Id, locked.Definition.Migrating) == (found.Id, false) ? locked : throw new BackupException("The dataset is being moved to another store, or was made anew.");
    }

    private static async Task CheckKeysAsync(NpgsqlConnection connection, string organisation, IReadOnlyCollection<int> wanted, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand("SELECT count(*) FROM organisation_keys WHERE organisation = $1 AND purpose = $2 AND version = ANY ($3)", connection)
        {
            Parameters = { new() { Value = organisation }, new() { Value = KeyStore.FieldPurpose }, new() { Value = wanted.ToArray() } },
        };
        if ((long)(await select.ExecuteScalarAsync(cancellationToken))! != wanted.Count) throw new BackupException("The backup has values that are encrypted under keys which are not here.");
    }

    private async Task ChainAsync(string action, CompiledDataset dataset, StoreDigest digest, CancellationToken cancellationToken)
    {
        var actor = MigrationDefinitions.Mover(dataset.Organisation) with { Subject = "mesh:operator" };
        await using var session = await OwnerSession.BeginAsync(owner, actor, cancellationToken);
        await session.ChainAsync(
            actor, action, dataset, cancellationToken,
            KeyValuePair.Create("items", digest.Count.ToString(CultureInfo.InvariantCulture)), KeyValuePair.Create("sha256", digest.Checksum));
        await session.CommitAsync(cancellationToken);
    }
}
