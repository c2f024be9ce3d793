using System.Security.Cryptography;
using Aspire.Hosting.Testing;
using Npgsql;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// The least that giving a token takes: one signature, and one row of the size of an audit record, committed to the same PostgreSQL. No HTTP,
/// no TLS, no check of who asks.
/// </summary>
internal sealed class DurableSignature : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(600);

    private DurableSignature(NpgsqlDataSource database) => _database = database;

    public static async Task<DurableSignature> CreateAsync(RunningMesh mesh)
    {
        var connectionString = await mesh.App.GetConnectionStringAsync("auth-db") ?? throw new InvalidOperationException("No database.");
        var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("create table if not exists bench_floor (id bigint generated always as identity primary key, content bytea not null)");
        await command.ExecuteNonQueryAsync();
        return new DurableSignature(database);
    }

    public async Task RunAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        key.SignData(_content, HashAlgorithmName.SHA256);
        await using var command = _database.CreateCommand("insert into bench_floor (content) values ($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = _content });
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
