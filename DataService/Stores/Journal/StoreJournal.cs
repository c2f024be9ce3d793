using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Stores.Journal;

/// <summary>
/// Notes changes before they go to another store than the database, and turns the notes into events when they have been made (decision 30). As the owner of the database: requests can
/// write no events.
/// </summary>
internal sealed class StoreJournal([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, EventHub events)
{
    /// <summary>SQL that asks whether anything of a dataset ($1) is on its way.</summary>
    public const string AnyOf = "SELECT EXISTS (SELECT FROM store_journal WHERE dataset_id = $1)";

    private const string EventColumns = "organisation, dataset, dataset_id, item_id, before, before_owner, after, after_owner, version, create_time, update_time";

    /// <summary>SQL of the key of the advisory lock that whoever writes holds; for SQL of the operation.</summary>
    public static string LockOf(string operation) => $"hashtextextended('aimesh store write', {operation})";

    /// <summary>Notes changes, all or none.</summary>
    /// <returns>Null where they are noted; else an operation that has one of the items, 0 where it has ended meanwhile.</returns>
    public async Task<long?> NoteAsync(CompiledDataset dataset, long operation, IReadOnlyList<JournalNote> notes, CancellationToken cancellationToken)
    {
        string[] ids = [.. notes.Select(static note => note.Id)];
        await using var insert = owner.CreateCommand(
            """
            INSERT INTO store_journal (dataset_id, organisation, dataset, operation, item_id, tag, before, before_owner, after, after_owner, version, create_time, update_time)
            SELECT $1, $2, $3, $4, n.id, n.tag, n.before::jsonb, n.before_owner, n.after::jsonb, n.after_owner, n.version, n.create_time, n.update_time
            FROM unnest($5, $6, $7, $8, $9, $10, $11, $12, $13) AS n (id, tag, before, before_owner, after, after_owner, version, create_time, update_time) ORDER BY n.id ON CONFLICT DO NOTHING
            """);
        insert.Parameters.AddRange((NpgsqlParameter[])
        [
            new NpgsqlParameter { Value = dataset.Id }, new NpgsqlParameter { Value = dataset.Organisation }, new NpgsqlParameter { Value = dataset.Definition.Id }, new NpgsqlParameter { Value = operation },
            Texts(ids), Texts(notes.Select(static note => note.Before?.Tag ?? "")),
            Texts(notes.Select(static note => JournalNote.Image(note.Before))), Texts(notes.Select(static note => note.Before?.Owner)),
            Texts(notes.Select(static note => JournalNote.Image(note.After))), Texts(notes.Select(static note => note.After?.Owner)),
            new NpgsqlParameter { Value = notes.Select(static note => note.After?.Version).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            Times(notes.Select(static note => note.After?.CreateTime)), Times(notes.Select(static note => note.After?.UpdateTime)),
        ]);
        if (await insert.ExecuteNonQueryAsync(cancellationToken) == ids.Length) return null;

        // Others have some of them. Waiting with the rest in hand could be waiting for each other.
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM store_journal WHERE dataset_id = $1 AND operation = $2 AND item_id = ANY ($3)")
        {
            Parameters = { new() { Value = dataset.Id }, new() { Value = operation }, Texts(ids) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT operation FROM store_journal WHERE dataset_id = $1 AND item_id = ANY ($2) LIMIT 1") { Parameters = { new() { Value = dataset.Id }, Texts(ids) } });
        return await batch.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    /// <summary>The store has answered: notes of what was changed become events, and all go.</summary>
    /// <param name="dataset">Of what.</param>
    /// <param name="operation">Whose.</param>
    /// <param name="ids">Of the notes that are settled.</param>
    /// <param name="changed">Those of them that were changed.</param>
    public async Task SettleAsync(CompiledDataset dataset, long operation, IEnumerable<string> ids, IEnumerable<string> changed)
    {
        await using var command = owner.CreateCommand(
            $"""
            WITH settled AS (DELETE FROM store_journal WHERE dataset_id = $1 AND operation = $2 AND item_id = ANY ($3) RETURNING *),
            added AS (INSERT INTO events ({EventColumns}) SELECT {EventColumns} FROM settled WHERE item_id = ANY ($4) ORDER BY item_id RETURNING id, organisation, dataset_id)
            INSERT INTO event_queue SELECT id, organisation, dataset_id FROM added
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[new NpgsqlParameter { Value = dataset.Id }, new NpgsqlParameter { Value = operation }, Texts(ids), Texts(changed)]);

        // Without the caller's token: it is done there, and whoever has hung up is no reason to leave that to others.
        if (await command.ExecuteNonQueryAsync(CancellationToken.None) > 0) events.Written();
    }

    /// <summary>Within a transaction that holds the lock of the operation: the notes that are left of it.</summary>
    public static async Task<(long DatasetId, string Organisation, List<LeftNote> Notes)> ReadAsync(NpgsqlConnection connection, long operation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT dataset_id, organisation, item_id, tag, before, before_owner, after, after_owner, version, create_time, update_time FROM store_journal WHERE operation = $1 ORDER BY item_id FOR UPDATE", connection)
        {
            Parameters = { new() { Value = operation } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (dataset, organisation, notes) = (0L, "", new List<LeftNote>());
        while (await reader.ReadAsync(cancellationToken))
        {
            (dataset, organisation) = (reader.GetInt64(0), reader.GetString(1));
            notes.Add(new LeftNote(
                reader.GetString(2), reader.GetString(3), RowImage.Read(reader, 4), RowImage.Read(reader, 6),
                await reader.IsDBNullAsync(8, cancellationToken) ? null : (reader.GetInt64(8), reader.GetDateTime(9), reader.GetDateTime(10))));
        }

        return (dataset, organisation, notes);
    }

    /// <summary>Settles one that was left: an event says what has become of the item, where anything has.</summary>
    public static async Task SettleAsync(NpgsqlConnection connection, long operation, JournalNote note, bool isChanged, Document? found, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH settled AS (DELETE FROM store_journal WHERE operation = $1 AND item_id = $2 RETURNING *),
            added AS (INSERT INTO events ({EventColumns}) SELECT organisation, dataset, dataset_id, item_id, before, before_owner, $4, $5, $6, $7, $8 FROM settled WHERE $3 RETURNING id, organisation, dataset_id)
            INSERT INTO event_queue SELECT id, organisation, dataset_id FROM added
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = operation }, new() { Value = note.Id }, new() { Value = isChanged }, Value(JournalNote.Image(found), NpgsqlDbType.Jsonb), Value(found?.Owner, NpgsqlDbType.Text),
                Value(found?.Version, NpgsqlDbType.Bigint), Value(found?.CreateTime, NpgsqlDbType.TimestampTz), Value(found?.UpdateTime, NpgsqlDbType.TimestampTz),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Items were changed without notes (restored, erased): whoever watches begins anew, and consumers of a bus hear how many changes they are not told.</summary>
    public static async Task BeginAnewAsync(OwnerSession session, CompiledDataset dataset, long changes, CancellationToken cancellationToken)
    {
        await using var command = session.Command("SELECT begin_anew($1, $2, $3, $4)", dataset.Organisation, dataset.Definition.Id, dataset.Id, changes);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Value(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Times(IEnumerable<DateTime?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
}

/// <summary>A note as it is kept.</summary>
/// <param name="Id">Of the item.</param>
/// <param name="Tag">The store's mark of what was before.</param>
/// <param name="Before">Null: nothing.</param>
/// <param name="After">Null: nothing.</param>
/// <param name="State">Version and times of what comes after.</param>
internal sealed record LeftNote(string Id, string Tag, RowImage? Before, RowImage? After, (long Version, DateTime Created, DateTime Updated)? State)
{
    public JournalNote For(CompiledDataset dataset) => new(
        Before is null ? null : new Document(Id, Items.ItemValues.ReadStored(Before.Fields, dataset), Before.Owner, 0, default, default) { Tag = Tag },
        After is null || State is not { } state ? null : new Document(Id, Items.ItemValues.ReadStored(After.Fields, dataset), After.Owner, state.Version, state.Created, state.Updated));
}
