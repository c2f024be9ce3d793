using AiMesh.Testing;
using Npgsql;

namespace AiMesh.StandIns.Tests.Aspire.Testing;

[Trait("Level", "Server")]
public sealed class TestServersTests
{
    [Fact]
    public async Task CreateDatabase_Twice_GivesTwoEmptyDatabases()
    {
        await using var first = await PostgresServer.CreateDatabaseAsync();
        await using var second = await PostgresServer.CreateDatabaseAsync();
        await first.ExecuteAsync("CREATE TABLE t (id int)");

        var missing = await Assert.ThrowsAsync<PostgresException>(() => second.ExecuteAsync("SELECT * FROM t"));

        Assert.Equal(PostgresErrorCodes.UndefinedTable, missing.SqlState);
    }

    [Fact]
    public async Task Kill_WithFsync_KeepsWhatWasAcknowledged()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresOptions { Fsync = true });
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");

        await server.KillAsync();
        NpgsqlConnection.ClearAllPools();
        await server.StartAsync();

        await database.ExecuteAsync("DO $$ BEGIN IF (SELECT count(*) FROM t) <> 1 THEN RAISE 'lost'; END IF; END $$");
    }

    [Fact]
    public async Task Redis_StoppedAndStarted_ServesOnTheSamePort()
    {
        await using var redis = await RedisServer.StartNewAsync();
        Assert.True(await AnswersAsync(redis));

        await redis.StopAsync();
        Assert.False(await AnswersAsync(redis));

        await redis.StartAsync();
        Assert.True(await AnswersAsync(redis));
    }

    private static async Task<bool> AnswersAsync(RedisServer redis)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", redis.Port);
            await using var stream = client.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"AUTH {redis.Password}\r\n"));
            using var reader = new StreamReader(stream);
            return await reader.ReadLineAsync() == "+OK";
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
