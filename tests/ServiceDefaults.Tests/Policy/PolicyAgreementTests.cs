using System.Collections.Immutable;
using System.Text.Json;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.Testing;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.ServiceDefaults.Tests.Policy;

/// <summary>The evaluator, the query condition and row-level security must agree on every row, for any rule and caller.</summary>
[Trait("Level", "Server")]
public sealed class PolicyAgreementTests : IAsyncLifetime
{
    private const int Rules = 400;
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        await _database.ExecuteAsync($"""
            DO $$ BEGIN CREATE ROLE policy_reader NOSUPERUSER NOBYPASSRLS; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE TABLE items (id integer PRIMARY KEY, fields jsonb NOT NULL, owner text);
            ALTER TABLE items ENABLE ROW LEVEL SECURITY;
            GRANT SELECT ON items TO policy_reader;
            """);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task EveryCompiler_ForRandomRules_SeesTheSameRows(int seed)
    {
        var random = new RandomPolicies(seed);
        var rows = Enumerable.Range(0, 80).Select(_ => random.Row()).ToArray();
        for (var id = 0; id < rows.Length; id++) await InsertAsync(id, rows[id]);

        var hits = 0;
        for (var i = 0; i < Rules; i++)
        {
            var text = random.Rule();
            var rule = PolicyParser.Parse(text, PolicySchema.ForRule(RandomPolicies.Fields)).Expression;
            Assert.True(rule is not null, text);
            var caller = random.Caller();
            var inMemory = Enumerable.Range(0, rows.Length).Where(id => PolicyEvaluator.Matches(rule, rows[id], caller)).ToArray();
            var inQuery = await QueryAsync(rule, caller);
            var inRowSecurity = await RowSecurityAsync(rule, caller);
            Assert.True(inMemory.SequenceEqual(inQuery), $"query differs from memory: {text} for {caller}");
            Assert.True(inMemory.SequenceEqual(inRowSecurity), $"row security differs from memory: {text} for {caller}");
            hits += inMemory.Length;
        }

        // The comparison would say little if most rules hit nothing or everything.
        Assert.InRange(hits, Rules * rows.Length / 10, Rules * rows.Length * 9 / 10);
    }

    [Fact]
    public async Task RowSecurity_WithoutSettings_ShowsNothing()
    {
        await InsertAsync(0, new PolicyRow(new Dictionary<string, object>(), "u1"));
        foreach (var rule in (string[])["row.owner = user.id", "row.owner != user.id", "NOT row.owner = user.id", "NOT row.owner = user.attributes.x"])
        {
            await _database.ExecuteAsync($"DROP POLICY IF EXISTS p ON items; CREATE POLICY p ON items USING ({Compile(rule)})");
            Assert.Empty(await ReadAsync("SET LOCAL ROLE policy_reader", "SELECT id FROM items"));
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static string Compile(string rule) =>
        PolicySql.ForRowSecurity(PolicyParser.Parse(rule, PolicySchema.ForRule(RandomPolicies.Fields)).Expression!);

    private async Task InsertAsync(int id, PolicyRow row)
    {
        var fields = row.Values.ToDictionary(v => v.Key, v => v.Value is ImmutableArray<string> list ? list.ToArray() : v.Value);
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("INSERT INTO items VALUES ($1, $2, $3)", connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = JsonSerializer.Serialize(fields), NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = row.Owner },
            },
        };
        await command.ExecuteNonQueryAsync();
    }

    private async Task<int[]> QueryAsync(PolicyExpression rule, PolicyCaller caller)
    {
        var parameters = new SqlParameters();
        var condition = PolicySql.ForQuery(rule, caller, parameters);
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT id FROM items WHERE {condition} ORDER BY id", connection);
        foreach (var (value, type) in parameters.Values)
        {
            command.Parameters.Add(new NpgsqlParameter
            {
                Value = value ?? DBNull.Value,
                NpgsqlDbType = type switch
                {
                    PolicyType.WholeNumber => NpgsqlDbType.Bigint,
                    PolicyType.Number => NpgsqlDbType.Double,
                    PolicyType.Boolean => NpgsqlDbType.Boolean,
                    _ => NpgsqlDbType.Text,
                },
            });
        }

        return await ReadAsync(command);
    }

    private async Task<int[]> RowSecurityAsync(PolicyExpression rule, PolicyCaller caller)
    {
        await _database.ExecuteAsync($"DROP POLICY IF EXISTS p ON items; CREATE POLICY p ON items USING ({PolicySql.ForRowSecurity(rule)})");
        return await ReadAsync(
            $"""
            SET LOCAL ROLE policy_reader;
            SELECT set_config('aimesh.organisation', {SqlText.Quote(caller.Organisation)}, true), set_config('aimesh.user', {SqlText.Quote(caller.Id)}, true),
                   set_config('aimesh.attributes', {SqlText.Quote(JsonSerializer.Serialize(caller.Attributes))}, true)
            """,
            "SELECT id FROM items ORDER BY id");
    }

    private async Task<int[]> ReadAsync(string setup, string query)
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand(setup, connection)) await command.ExecuteNonQueryAsync();
        await using var read = new NpgsqlCommand(query, connection);
        return await ReadAsync(read);
    }

    private static async Task<int[]> ReadAsync(NpgsqlCommand command)
    {
        var ids = new List<int>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) ids.Add(reader.GetInt32(0));
        return [.. ids];
    }
}
