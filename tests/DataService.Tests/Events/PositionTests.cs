using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Testing;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events;

/// <summary>Nothing is lost and nothing doubled, however transactions overlap.</summary>
[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class PositionTests(DataFixture fixture)
{
    private readonly Caller _admin = fixture.Caller();

    [Fact]
    public async Task Watch_OfATransactionThatBeganEarlierAndCommitsLater_MissesNothing()
    {
        var dataset = await DefineAsync();
        var id = await fixture.AskAsync<long>($"SELECT id FROM datasets WHERE name = '{dataset}'");
        await using var watcher = await Watcher.StartAsync(_admin, dataset);
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var insert = string.Create(
            CultureInfo.InvariantCulture, $"INSERT INTO items.d{id} (id, fields, owner, create_time, update_time) VALUES ('early', '{{\"title\":\"t\"}}', 'x', now(), now())");
        await using (var command = new NpgsqlCommand(insert, connection, transaction)) await command.ExecuteNonQueryAsync();

        await _admin.CreateAsync(dataset, Fields(("title", "t")), "late");
        Assert.Equal("Created late", await watcher.NextAsync());
        await transaction.CommitAsync();
        Assert.Equal("Created early", await watcher.NextAsync());
    }

    [Fact]
    public async Task Watch_OfManyWritersAtOnce_TellsEachChangeOnceAndInTheOrderOfItsItem()
    {
        var dataset = await DefineAsync();
        await using var second = await DataServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        Caller[] writers = [_admin, new(second, fixture.Authority.Token("second", "demo", ["admin"], ["*"]), "second")];
        var told = new ConcurrentDictionary<string, List<string>>();
        var token = "";
        await using (var first = await Watcher.StartAsync(_admin, dataset)) token = first.ResumeToken;

        var writing = Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 25; i++)
            {
                var item = string.Create(CultureInfo.InvariantCulture, $"w{writer}-{i}");
                await writers[(writer + i) % 2].CreateAsync(dataset, Fields(("title", "1")), item);
                await writers[(writer + i + 1) % 2].UpdateAsync(dataset, item, Fields(("title", "2")));
                if (i % 2 == 0) await writers[writer % 2].DeleteAsync(dataset, item);
            }
        }));

        // The reader goes away and comes back all the time, now to this replica, now to that.
        const int Expected = 8 * (25 + 25 + 13);
        for (var (count, round) = (0, 0); count < Expected; round++)
        {
            await using var watcher = await Watcher.StartAsync(round % 2 == 0 ? _admin : new Caller(second, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin"), dataset, resumeToken: token);
            for (var i = 0; i < 40 && count < Expected; i++, count++)
            {
                var (change, item) = Split(await watcher.NextAsync());
                told.GetOrAdd(item, static _ => []).Add(change);
            }

            token = watcher.ResumeToken;
        }

        await writing;
        await _admin.CreateAsync(dataset, Fields(("title", "t")), "last");
        await using var end = await Watcher.StartAsync(_admin, dataset, resumeToken: token);
        Assert.Equal("Created last", await end.NextAsync());
        Assert.Equal(8 * 25, told.Count);
        Assert.All(told, item => Assert.Equal(int.Parse(item.Key.Split('-')[1], CultureInfo.InvariantCulture) % 2 == 0 ? ["Created", "Updated", "Deleted"] : ["Created", "Updated"], item.Value));
    }

    [Fact]
    public async Task Watch_AfterEventsWereTrimmed_IsReset()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, "Events:TrimInterval=00:00:00.200", "Events:Retention=00:00:01");
        var admin = new Caller(service, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");
        await admin.DefineAsync("short", Dataset([Field("title")], Admins));
        string token;
        await using (var watcher = await Watcher.StartAsync(admin, "short")) token = watcher.ResumeToken;
        await admin.CreateAsync("short", Fields(("title", "t")), "a");

        for (var rest = TimeSpan.FromSeconds(30); await CountAsync(database, "event_log") + await CountAsync(database, "events") > 0; rest -= TimeSpan.FromMilliseconds(100))
        {
            Assert.True(rest > TimeSpan.Zero, "Events were not removed.");
            await Task.Delay(100);
        }

        await using var resumed = await Watcher.StartAsync(admin, "short", resumeToken: token);
        Assert.Equal("Reset", await resumed.NextAsync());
        await admin.CreateAsync("short", Fields(("title", "t")), "b");
        Assert.Equal("Created b", await resumed.NextAsync());
    }

    private static (string Change, string Item) Split(string change) => (change.Split(' ')[0], change.Split(' ')[1]);

    private static async Task<long> CountAsync(PostgresDatabase database, string table)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await _admin.DefineAsync(id, Dataset([Field("title")], Admins));
        return id;
    }
}
