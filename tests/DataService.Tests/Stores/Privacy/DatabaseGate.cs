using AiMesh.Testing;
using Npgsql;

namespace AiMesh.DataService.Tests.Stores.Privacy;

/// <summary>Holds back changes of a table, so that a test can do something between two steps of the service.</summary>
internal sealed class DatabaseGate : IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly string _table;
    private readonly long _number;

    private DatabaseGate(PostgresDatabase database, NpgsqlConnection connection, string table, long number) => (_database, _connection, _table, _number) = (database, connection, table, number);

    /// <param name="database">Of the service.</param>
    /// <param name="table">Whose rows.</param>
    /// <param name="when">Which updates wait, as SQL over OLD and NEW.</param>
    public static async Task<DatabaseGate> ShutAsync(PostgresDatabase database, string table, string when)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var number = Random.Shared.NextInt64(1L << 40, 1L << 41);
        await using var command = new NpgsqlCommand(FormattableString.Invariant($"""
            SELECT pg_advisory_lock({number});
            CREATE FUNCTION shut_gate() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN PERFORM pg_advisory_xact_lock_shared({number}); RETURN NEW; END $x$;
            CREATE TRIGGER shut_gate BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION shut_gate()
            """), connection);
        await command.ExecuteNonQueryAsync();
        return new DatabaseGate(database, connection, table, number);
    }

    /// <summary>Waits until somebody stands before it.</summary>
    /// <param name="work">Who should; where that ends before, its fault is thrown.</param>
    public Task ReachedAsync(Task work) => Eventually.HoldsAsync(
        async () =>
        {
            if (work.IsCompleted) await work;
            return await StorePerson.AskAsync<bool>(_database, FormattableString.Invariant(
                $"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) + objid::bigint = {_number})"));
        },
        TimeSpan.FromMinutes(1));

    /// <summary>Opens it for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _database.ExecuteAsync($"DROP TRIGGER IF EXISTS shut_gate ON {_table}; DROP FUNCTION IF EXISTS shut_gate()");
    }
}
