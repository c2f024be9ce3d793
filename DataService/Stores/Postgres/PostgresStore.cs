using System.Runtime.CompilerServices;
using System.Text;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Stores.Postgres;

/// <summary>
/// The tables of items as documents, for work on whole datasets (moving them, backups). Requests don't come this way: for them rule, filter, page and access log are one
/// statement under row-level security (<see cref="ItemStore"/>).
/// </summary>
/// <param name="owner">Acts as the owner of the tables.</param>
/// <param name="snapshot">Reads through this connection of the owner, whose transaction sees one state of everything; null: each page as it is then.</param>
internal sealed class PostgresStore(NpgsqlDataSource owner, NpgsqlConnection? snapshot = null) : IDocumentStore
{
    private const int MaxPage = 1000;
    private const string Columns = "id, owner, version, create_time, update_time";

    public StoreCapabilities Capabilities { get; } = new("postgresql", ItemValues.MaxItemBytes, MaxAtomicWrites: 10_000, MaxAtomicBytes: 64 * 1024 * 1024, FindsOwners: true);

    public async Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        // A dataset's own table is made with its definition, and has more policies.
        await using var command = owner.CreateCommand($"""
            DO $$ BEGIN
                IF to_regclass('{Name(table)}') IS NULL THEN
                    CREATE TABLE {Name(table)} (
                        id text COLLATE "C" PRIMARY KEY, fields jsonb NOT NULL, owner text COLLATE "C" NOT NULL, version bigint NOT NULL DEFAULT 1,
                        create_time timestamptz NOT NULL, update_time timestamptz NOT NULL);
                    ALTER TABLE {Name(table)} ENABLE ROW LEVEL SECURITY;
                    ALTER TABLE {Name(table)} FORCE ROW LEVEL SECURITY;
                    CREATE POLICY tenant ON {Name(table)} AS RESTRICTIVE USING ({PolicySettings.Read(PolicySettings.Organisation)} = {SqlText.Quote(table.Tenant)});
                    CREATE POLICY owner ON {Name(table)} TO CURRENT_USER USING (true);
                END IF;
            END $$
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand($"DROP TABLE IF EXISTS {Name(table)}");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sql = $"SELECT {Columns}, fields FROM {Name(table)} WHERE id = {parameters.Add(id, PolicyType.Text)}";
        return (await ReadAsync(table, sql, parameters, cancellationToken)).FirstOrDefault();
    }

    public async IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, size) = (query.After, Math.Clamp(query.Expected, 1, MaxPage));
        while (true)
        {
            var parameters = new SqlParameters();
            var fields = query.Needed() is { } needed
                ? $"(SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each(fields) WHERE key = ANY ({parameters.Add(needed.ToArray(), PolicyType.TextList)}))"
                : "fields";
            var sql = new StringBuilder($"SELECT {Columns}, {fields} FROM {Name(table)} WHERE ").Append(PolicySql.ForQuery(query.Condition, query.Caller, parameters));
            if (after.Length > 0) sql.Append(" AND id > ").Append(parameters.Add(after, PolicyType.Text));
            sql.Append(" ORDER BY id LIMIT ").Append(parameters.Add((long)size, PolicyType.WholeNumber));
            var page = await ReadAsync(table, sql.ToString(), parameters, cancellationToken);
            foreach (var document in page) yield return document;
            if (page.Count < size) yield break;
            (after, size) = (page[^1].Id, Math.Min(size * 2, MaxPage));
        }
    }

    public async Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken)
    {
        // A batch is one transaction; where conditions fail, what is atomic is undone.
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var enter = new NpgsqlBatch(connection, transaction) { BatchCommands = { Enter(table) } }) await enter.ExecuteNonQueryAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var write in writes) batch.BatchCommands.Add(Command(table, write));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        bool[] done = [.. batch.BatchCommands.Cast<NpgsqlBatchCommand>().Select((command, i) => command.RecordsAffected == 1 || (writes[i].Content is null && writes[i].Condition == WriteCondition.None))];
        if (!atomic || done.All(static one => one)) await transaction.CommitAsync(cancellationToken);
        return done;
    }

    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand("SELECT 1");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Name(DocumentTable table) => $"items.{table.Name}";

    // Tables of items let nobody in, their owner neither, who does not say for which organisation.
    private static NpgsqlBatchCommand Enter(DocumentTable table) =>
        new($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new NpgsqlParameter<string> { TypedValue = table.Tenant } } };

    private static NpgsqlBatchCommand Command(DocumentTable table, DocumentWrite write)
    {
        var parameters = new SqlParameters();
        var id = parameters.Add(write.Id, PolicyType.Text);
        string Same()
        {
            var at = write.Tag.IndexOf('@', StringComparison.Ordinal);
            var (version, created) = at < 0 ? (0, default) : (long.Parse(write.Tag[..at], System.Globalization.CultureInfo.InvariantCulture), DocumentTime.Read(write.Tag[(at + 1)..]));
            return $"version = {parameters.Add(version, PolicyType.WholeNumber)} AND create_time = {parameters.AddOther(DateTime.SpecifyKind(created, DateTimeKind.Utc))}";
        }

        if (write.Content is not { } content)
        {
            var condition = write.Condition switch { WriteCondition.Absent => "false", WriteCondition.Unchanged => Same(), _ => "true" };
            return RequestScope.Command($"DELETE FROM {Name(table)} WHERE id = {id} AND {condition}", parameters);
        }

        var values = $"""
            {parameters.AddOther(new Jsonb(ItemValues.Write(content.Fields)))}, {parameters.Add(content.Owner, PolicyType.Text)}, {parameters.Add(content.Version, PolicyType.WholeNumber)},
            {parameters.AddOther(content.CreateTime)}, {parameters.AddOther(content.UpdateTime)}
            """;
        const string Names = "fields, owner, version, create_time, update_time";
        return RequestScope.Command(
            write.Condition switch
            {
                WriteCondition.Unchanged => $"UPDATE {Name(table)} SET ({Names}) = ROW ({values}) WHERE id = {id} AND {Same()}",
                WriteCondition.Absent => $"INSERT INTO {Name(table)} (id, {Names}) VALUES ({id}, {values}) ON CONFLICT DO NOTHING",
                _ => $"""
                    INSERT INTO {Name(table)} (id, {Names}) VALUES ({id}, {values}) ON CONFLICT (id) DO UPDATE SET
                    fields = excluded.fields, owner = excluded.owner, version = excluded.version, create_time = excluded.create_time, update_time = excluded.update_time
                    """,
            },
            parameters);
    }

    private async Task<List<Document>> ReadAsync(DocumentTable table, string sql, SqlParameters parameters, CancellationToken cancellationToken)
    {
        await using var batch = snapshot?.CreateBatch() ?? owner.CreateBatch();
        batch.BatchCommands.Add(Enter(table));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var documents = new List<Document>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (version, created) = (reader.GetInt64(2), reader.GetDateTime(3));
            documents.Add(new Document(reader.GetString(0), ItemValues.ReadStored(reader.GetFieldValue<byte[]>(5), table.Fields), reader.GetString(1), version, created, reader.GetDateTime(4))
            {
                Tag = FormattableString.Invariant($"{version}@{DocumentTime.Write(created)}"),
            });
        }

        return documents;
    }
}
