using AiMesh.Data.V1;
using AiMesh.DataService.Events;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Migration;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Datasets;

/// <summary>Changes definitions. A definition, its table and the table's policies change together or not at all.</summary>
internal sealed class DatasetEditor([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, EventHub events, StoreRegistry stores, VectorStoreRegistry searchStores, TimeProvider clock)
{
    public async Task<Result<CompiledDataset>> CreateAsync(Principal principal, Dataset wanted, CancellationToken cancellationToken)
    {
        var violations = DefinitionValidator.Check(wanted);
        if (wanted.Store.Length > 0 && !stores.Knows(wanted.Store)) violations = [.. violations, new FieldViolation("dataset.store", "expected the name of a configured store, or nothing")];
        if (wanted.SearchStore.Length > 0 && !searchStores.Knows(wanted.SearchStore)) violations = [.. violations, new FieldViolation("dataset.search_store", "expected the name of a configured search store, or nothing")];
        if (violations.Count > 0) return new InvalidFields([.. violations]);
        await using var session = await OwnerSession.BeginAsync(owner, principal, cancellationToken);
        var now = clock.GetUtcNow().UtcDateTime;
        await using var insert = session.Command(
            $"""
            INSERT INTO datasets (organisation, name, display_name, description, definition, create_time, update_time)
            VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING {DatasetStore.Columns}
            """,
            principal.Organisation, wanted.Id, wanted.DisplayName, wanted.Description, Json(wanted), now);
        var created = await ReadOneAsync(insert, cancellationToken);
        if (created is null) return new AlreadyExists("dataset", wanted.Id);
        await session.ExecuteAsync(DatasetTables.Create(created), cancellationToken);
        if (created.IsElsewhere) await stores.Of(created).CreateTableAsync(created.Documents, cancellationToken);
        await session.ChainAsync(principal, "define", created, cancellationToken);
        await session.CommitAsync(cancellationToken);
        events.Written();
        return created;
    }

    /// <param name="principal">Who.</param>
    /// <param name="id">Dataset.id.</param>
    /// <param name="etag">What it must be now, or empty.</param>
    /// <param name="change">Makes the wanted definition out of a copy of the present one.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    public async Task<Result<CompiledDataset>> UpdateAsync(Principal principal, string id, string etag, Action<Dataset> change, CancellationToken cancellationToken)
    {
        await using var session = await OwnerSession.BeginAsync(owner, principal, cancellationToken);
        if (!(await LockAsync(session, principal, id, etag, cancellationToken)).TryGet(out var current, out var error)) return error;
        var wanted = current.Definition.Clone();
        change(wanted);
        if (DefinitionValidator.Check(wanted) is { Count: > 0 } violations) return new InvalidFields([.. violations]);
        var conflicts = await ConflictsAsync(session, current, wanted, cancellationToken);
        if (conflicts.Count > 0) return new DefinitionConflict(conflicts);

        await using var update = session.Command(
            $"""
            UPDATE datasets SET display_name = $1, description = $2, definition = $3, update_time = $4, version = version + 1
            WHERE id = $5 RETURNING {DatasetStore.Columns}
            """,
            wanted.DisplayName, wanted.Description, Json(wanted), clock.GetUtcNow().UtcDateTime, current.Id);
        var updated = await ReadOneAsync(update, cancellationToken)
            ?? throw new InvalidOperationException("The locked definition was not updated.");
        await session.ExecuteAsync(DatasetTables.Replace(current, updated), cancellationToken);
        await session.ChainAsync(principal, "define", updated, cancellationToken);
        await session.CommitAsync(cancellationToken);
        events.Written();
        return updated;
    }

    public async Task<Result<CompiledDataset>> DeleteAsync(Principal principal, string id, string etag, CancellationToken cancellationToken)
    {
        await using var session = await OwnerSession.BeginAsync(owner, principal, cancellationToken);
        if (!(await LockAsync(session, principal, id, etag, cancellationToken)).TryGet(out var current, out var error)) return error;
        await session.ExecuteAsync(DatasetTables.Drop(current), cancellationToken);
        await using var delete = session.Command("DELETE FROM datasets WHERE id = $1", current.Id);
        await delete.ExecuteNonQueryAsync(cancellationToken);

        // Before the commit: what cannot be deleted there stays known here, and can be deleted again.
        if (current.IsElsewhere) await stores.Of(current).DropTableAsync(current.Documents, cancellationToken);
        await session.ChainAsync(principal, "drop", current, cancellationToken);
        await session.CommitAsync(cancellationToken);
        events.Written();
        return current;
    }

    private static async Task<Result<CompiledDataset>> LockAsync(OwnerSession session, Principal principal, string id, string etag, CancellationToken cancellationToken)
    {
        await using var select = session.Command($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 AND name = $2 FOR UPDATE", principal.Organisation, id);
        var current = await ReadOneAsync(select, cancellationToken);
        if (current is null) return new NotFound("dataset", id);
        if (etag.Length > 0 && etag != current.ViewFor(principal).Definition.Etag) return new EtagMismatch("dataset", id);
        if (await MigrationStore.IsUnderWayAsync(session, current.Id, cancellationToken)) return new DatasetMigrating();

        // Writes hold the first lock until they are stored, reads the second; both let go soon, or this gives up.
        return await session.TryLockAsync(current, cancellationToken) ? current : new DefinitionChanged();
    }

    // What fields hold decides what may become of them. The rows are only counted as present, and row security is off for nobody else:
    // the table is locked until this transaction ends.
    private async Task<List<FieldViolation>> ConflictsAsync(OwnerSession session, CompiledDataset current, Dataset wanted, CancellationToken cancellationToken)
    {
        var now = wanted.Fields.ToDictionary(f => f.Name);
        string[] removed = [.. current.Definition.Fields.Select(f => f.Name).Where(name => !now.ContainsKey(name))];
        string[] retyped = [.. current.Definition.Fields.Where(f => now.TryGetValue(f.Name, out var other) && (other.Type != f.Type || other.Encrypted != f.Encrypted || other.EqualityIndex != f.EqualityIndex)).Select(f => f.Name)];
        var before = current.Definition.Fields.ToDictionary(f => f.Name);
        string[] required = [.. wanted.Fields.Where(f => f.Required && !(before.TryGetValue(f.Name, out var old) && old.Required)).Select(f => f.Name)];
        if (removed.Length + retyped.Length + required.Length == 0) return [];
        if (current.IsElsewhere) return await ConflictsElsewhereAsync(current, [.. removed, .. retyped], [.. required.Where(before.ContainsKey)], [.. required.Where(name => !before.ContainsKey(name))], cancellationToken);

        await session.ExecuteAsync($"ALTER TABLE {current.Table} NO FORCE ROW LEVEL SECURITY", cancellationToken);
        var violations = new List<FieldViolation>();
        foreach (var name in await NamesAsync(removed, "fields ? name")) Add(name, "has data and cannot be removed");
        foreach (var name in await NamesAsync(retyped, "fields ? name")) Add(name, "has data and keeps its type and encryption");
        foreach (var name in await NamesAsync(required, "NOT fields ? name")) Add(name, "cannot be required: there are items without a value");
        await session.ExecuteAsync($"ALTER TABLE {current.Table} FORCE ROW LEVEL SECURITY", cancellationToken);
        return violations;

        void Add(string name, string what) => violations.Add(new FieldViolation("dataset.fields", $"field '{name}' {what}"));

        async Task<List<string>> NamesAsync(string[] names, string condition)
        {
            await using var select = session.Command($"SELECT name FROM unnest($1) AS name WHERE EXISTS (SELECT FROM {current.Table} WHERE {condition})", (object)names);
            await using var reader = await select.ExecuteReaderAsync(cancellationToken);
            var found = new List<string>();
            while (await reader.ReadAsync(cancellationToken)) found.Add(reader.GetString(0));
            return found;
        }
    }

    // The same questions to another store, while the lock of the dataset keeps writers off.
    private async Task<List<FieldViolation>> ConflictsElsewhereAsync(CompiledDataset current, string[] kept, string[] required, string[] added, CancellationToken cancellationToken)
    {
        var violations = new List<FieldViolation>();
        foreach (var name in kept.Where(current.Documents.Fields.ContainsKey))
            if (await AnyAsync(With(name, negated: false))) violations.Add(new FieldViolation("dataset.fields", $"field '{name}' has data, which must stay as it is"));
        foreach (var name in required)
            if (await AnyAsync(With(name, negated: true))) violations.Add(new FieldViolation("dataset.fields", $"field '{name}' cannot be required: there are items without a value"));
        if (added.Length > 0 && await AnyAsync(PolicyExpression.Everything))
            violations.AddRange(added.Select(static name => new FieldViolation("dataset.fields", $"field '{name}' cannot be required: there are items without a value")));
        return violations;

        PresenceExpression With(string name, bool negated) => new(new FieldOperand(name, current.Documents.Fields[name]), negated);
        Task<bool> AnyAsync(PolicyExpression condition) => stores.AnyAsync(current, DocumentQuery.Everything with { Condition = condition, Fields = [] }, cancellationToken);
    }

    private static async Task<CompiledDataset?> ReadOneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? DatasetStore.Read(reader) : null;
    }

    private static Field Stored(Field field)
    {
        var stored = field.Clone();
        stored.Restricted = false;
        return stored;
    }

    // Only what has no column of its own.
    public static NpgsqlParameter Json(Dataset dataset)
    {
        var stored = new Dataset
        {
            Fields = { dataset.Fields.Select(Stored) },
            RowRules = { dataset.RowRules },
            SubjectField = dataset.SubjectField,
            Store = dataset.Store,
            SearchStore = dataset.SearchStore,
            Migrating = dataset.Migrating,
            KeepRowsOfErased = dataset.KeepRowsOfErased,
        };
        return new NpgsqlParameter { Value = JsonFormatter.Default.Format(stored), NpgsqlDbType = NpgsqlDbType.Jsonb };
    }
}
