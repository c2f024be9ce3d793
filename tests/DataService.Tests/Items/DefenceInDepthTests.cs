using System.Text.Json;
using AiMesh.Testing;
using Grpc.Core;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

/// <summary>Row rules hold twice: in the queries of the service and in the database. Each must be enough without the other (D2).</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class DefenceInDepthTests(DataFixture fixture)
{
    private static readonly (string Role, string Subject, Dictionary<string, string> Attributes)[] People =
    [
        ("admin", "ann", []), ("reader", "rob", []), ("regional", "ron", new() { ["region"] = "north" }), ("regional", "sue", new() { ["region"] = "it's" }),
        ("regional", "tom", []), ("author", "ann", []), ("author", "ann2", []), ("nobody", "ned", []),
    ];

    [Fact]
    public async Task RowSecurity_Alone_ShowsTheSameRows()
    {
        var id = await FillAsync(fixture.Service, fixture.Authority);
        var table = await TableAsync(fixture.Database, id);
        foreach (var (role, subject, attributes) in People)
        {
            var expected = await Caller(fixture.Service, fixture.Authority, role, subject, attributes).IdsAsync(id);
            var actual = await RawAsync(fixture.Database, "demo", subject, role, attributes, $"SELECT id FROM {table} ORDER BY id");
            Assert.Equal(expected, actual);

            // What they may change as well: the policies of the commands, not only of reading.
            foreach (var command in (string[])[$"UPDATE {table} SET version = version RETURNING id", $"DELETE FROM {table} RETURNING id"])
            {
                var changed = await RawAsync(fixture.Database, "demo", subject, role, attributes, command);
                Assert.Equal(role is "admin" or "author" ? expected : [], changed.Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task RowSecurity_Alone_ShowsNothingToOtherOrganisationsOrNobody()
    {
        var table = await TableAsync(fixture.Database, await FillAsync(fixture.Service, fixture.Authority));
        Assert.Empty(await RawAsync(fixture.Database, "other", "ann", "admin", [], $"SELECT id FROM {table}"));
        Assert.Empty(await RawAsync(fixture.Database, "", "", "", [], $"SELECT id FROM {table}"));
        Assert.Empty(await RawAsync(fixture.Database, "other", "ann", "admin", [], "SELECT name FROM datasets WHERE organisation = 'demo'"));
    }

    [Fact]
    public async Task RowSecurity_Alone_KeepsRowsFromBeingCreatedForOthers()
    {
        var table = await TableAsync(fixture.Database, await FillAsync(fixture.Service, fixture.Authority));
        string Insert(string owner, string status) =>
            $$"""INSERT INTO {{table}} (id, fields, owner, create_time, update_time) VALUES ('x', '{"status":"{{status}}"}', '{{owner}}', now(), now())""";
        await RawAsync(fixture.Database, "demo", "ann", "author", [], Insert("ann", "draft"));
        foreach (var insert in (string[])[Insert("bob", "draft"), Insert("ann", "open")])
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => RawAsync(fixture.Database, "demo", "ann", "author", [], insert));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task RowSecurity_Alone_KeepsRowsFromBeingMovedOutOfReach()
    {
        var id = DataFixture.NewId();
        var admin = Caller(fixture.Service, fixture.Authority, "admin", "root", []);
        await admin.DefineAsync(id, Dataset([Field("status"), Field("note")], Admins, Rule("editor"), Rule("editor", "status = draft", Action.Update)));
        await admin.CreateAsync(id, Fields(("status", "draft")));
        var table = await TableAsync(fixture.Database, id);

        string Update(string fields) => $"UPDATE {table} SET fields = '{fields}' RETURNING id";
        Assert.Single(await RawAsync(fixture.Database, "demo", "ed", "editor", [], Update("""{"status":"draft","note":"x"}""")));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => RawAsync(fixture.Database, "demo", "ed", "editor", [], Update("""{"status":"open"}""")));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Queries_Alone_ShowAndChangeTheSameRows()
    {
        await using var scratch = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(scratch.ConnectionString, fixture.Authority);
        var id = await FillAsync(service, fixture.Authority);
        var before = new List<string[]>();
        foreach (var (role, subject, attributes) in People) before.Add(await Caller(service, fixture.Authority, role, subject, attributes).IdsAsync(id));
        Assert.Equal([9, 3, 3, 3, 0, 2, 0, 0], before.Select(ids => ids.Length));

        await scratch.ExecuteAsync($"ALTER TABLE {await TableAsync(scratch, id)} DISABLE ROW LEVEL SECURITY; ALTER TABLE datasets DISABLE ROW LEVEL SECURITY");
        for (var i = 0; i < People.Length; i++)
        {
            var (role, subject, attributes) = People[i];
            var caller = Caller(service, fixture.Authority, role, subject, attributes);
            Assert.Equal(before[i], await caller.IdsAsync(id));
            var hidden = before[0].Except(before[i]).FirstOrDefault();
            if (hidden is null) continue;
            Assert.Equal(StatusCode.NotFound, (await DataService.Tests.Caller.FailureAsync(() => caller.GetAsync(id, hidden))).Code);
            Assert.Equal(StatusCode.NotFound, (await DataService.Tests.Caller.FailureAsync(() => caller.UpdateAsync(id, hidden, Fields(("status", "open"))))).Code);
            Assert.Equal(StatusCode.NotFound, (await DataService.Tests.Caller.FailureAsync(() => caller.DeleteAsync(id, hidden))).Code);
        }

        var reader = Caller(service, fixture.Authority, "reader", "rob", []);
        Assert.Equal(StatusCode.PermissionDenied, (await DataService.Tests.Caller.FailureAsync(() => reader.DeleteAsync(id, before[1][0]))).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await DataService.Tests.Caller.FailureAsync(() => reader.UpdateAsync(id, before[1][0], Fields(("status", "closed"))))).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await DataService.Tests.Caller.FailureAsync(() => reader.CreateAsync(id, Fields(("status", "open"))))).Code);
        var stranger = new Caller(service, fixture.Authority.Token("ann", "other", ["admin"], ["*"]), "ann");
        Assert.Equal(StatusCode.NotFound, (await DataService.Tests.Caller.FailureAsync(() => stranger.ListAsync(id))).Code);
    }

    private static async Task<string> FillAsync(DataServiceHost service, TestAuthority authority)
    {
        var id = DataFixture.NewId();
        var admin = Caller(service, authority, "admin", "root", []);
        await admin.DefineAsync(id, Dataset(
            [Field("status"), Field("region"), Field("teams", Type.StringList)],
            Admins,
            Rule("reader", "status = open"),
            Rule("regional", "region = user.attributes.region OR teams:user.attributes.region"),
            Rule("author", "row.owner = user.id", Action.Read, Action.Update, Action.Delete),
            Rule("author", "status = draft", Action.Create)));
        (string?, string?, string[]?)[] rows =
        [
            ("open", "north", null), ("open", "south", ["north"]), ("open", null, null), ("closed", "north", null), (null, "it's", null), (null, null, ["it's", "x"]),
            ("closed", "it's", []),
        ];
        foreach (var (status, region, teams) in rows) await admin.CreateAsync(id, Fields(("status", status), ("region", region), ("teams", teams)));
        var author = Caller(service, authority, "author", "ann", []);
        for (var i = 0; i < 2; i++) await author.CreateAsync(id, Fields(("status", "draft")));
        return id;
    }

    private static Caller Caller(DataServiceHost service, TestAuthority authority, string role, string subject, Dictionary<string, string> attributes) =>
        new(service, authority.Token(subject, "demo", [role], role == "admin" ? ["*"] : ["data:read:*", "data:write:*", "data:delete:*"], attributes), subject);

    private static async Task<string> TableAsync(PostgresDatabase database, string dataset)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT 'items.d' || id FROM datasets WHERE name = '{dataset}'", connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    // As the role of requests, with nothing but the settings that the service makes; undone afterwards.
    private static async Task<string[]> RawAsync(PostgresDatabase database, string organisation, string subject, string role, Dictionary<string, string> attributes, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var setup = new NpgsqlCommand("SELECT set_config('aimesh.organisation', $1, true), set_config('aimesh.user', $2, true), set_config('aimesh.roles', $3, true), set_config('aimesh.attributes', $4, true)", connection)
        {
            Parameters =
            {
                new() { Value = organisation }, new() { Value = subject }, new() { Value = JsonSerializer.Serialize<string[]>([role]) }, new() { Value = JsonSerializer.Serialize(attributes) },
            },
        };
        await setup.ExecuteNonQueryAsync();
        await using var become = new NpgsqlCommand($"SET LOCAL ROLE \"{database.Name}_api\"", connection);
        await become.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>();
        while (await reader.ReadAsync()) ids.Add(reader.GetString(0));
        return [.. ids];
    }
}
