using Npgsql;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Audit;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class AccessLogTests(DataFixture fixture)
{
    [Fact]
    public async Task EveryAccess_LeavesOneEntry()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller(subject: "auditor");
        await admin.DefineAsync(id, Dataset([Field("name")], Rule("nobody"), Admins));
        await admin.CreateAsync(id, Fields(("name", "a")), "one");
        await admin.CreateAsync(id, Fields(("name", "a")), "two");
        await admin.ListAsync(id, pageSize: 1);
        await admin.ListAsync(id, "name = none");
        await admin.GetAsync(id, "one");
        await admin.UpdateAsync(id, "one", Fields(("name", "b")));
        await admin.DeleteAsync(id, "one");
        await admin.ImportAsync(new() { Dataset = id, Csv = "name\nx\ny\n" });
        using (var call = admin.Items.QueryItems(new() { Dataset = id }, admin.Options))
        {
            while (await call.ResponseStream.MoveNext(default)) Assert.NotEmpty(call.ResponseStream.Current.Items);
        }

        var entries = await fixture.AskAsync<string[]>(
            $"SELECT array_agg(subject || ' ' || action || ' ' || item_count || ' ' || rule ORDER BY at) FROM access_log WHERE organisation = 'demo' AND dataset = '{id}' AND token_id <> ''");
        Assert.Equal(
            [
                "auditor define 0 1", "auditor create 1 1:1", "auditor create 1 1:1", "auditor list 1 1:1", "auditor list 0 1:1", "auditor get 1 1:1", "auditor update 1 1:1",
                "auditor delete 1 1:1", "auditor import 2 1:1", "auditor query 3 1:1",
            ],
            entries);
    }

    [Fact]
    public async Task FailedChange_LeavesNoEntry()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("name")], Admins));
        await admin.CreateAsync(id, Fields(("name", "a")), "one");
        await Caller.FailureAsync(() => admin.CreateAsync(id, Fields(("name", "b")), "one"));
        await Caller.FailureAsync(() => admin.ImportAsync(new() { Dataset = id, Csv = "id,name\none,x\n", IdField = "id" }));
        Assert.Equal(1L, await fixture.AskAsync<long>($"SELECT count(*) FROM access_log WHERE dataset = '{id}' AND action IN ('create', 'import')"));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM access_log")]
    [InlineData("SELECT count(*) FROM access_inbox")]
    [InlineData("UPDATE access_inbox SET item_count = 0")]
    [InlineData("DELETE FROM access_inbox")]
    [InlineData("TRUNCATE access_inbox")]
    [InlineData("INSERT INTO access_inbox (organisation, subject, token_id, dataset, dataset_id, action, rule, item_count) VALUES ('demo', 'somebody else', '', '', 1, '', '', 1)")]
    [InlineData("INSERT INTO audit_events SELECT organisation, sequence + 1, at, actor, action, target, address, trace_id, detail, hash, hash FROM audit_events")]
    [InlineData("UPDATE audit_events SET detail = '{}'")]
    [InlineData("DELETE FROM audit_events")]
    [InlineData("TRUNCATE audit_events")]
    [InlineData("DELETE FROM audit_checkpoints")]
    [InlineData("UPDATE audit_people SET subject = 'nobody'")]
    [InlineData("DELETE FROM audit_people")]
    [InlineData("UPDATE datasets SET version = 1")]
    [InlineData("DELETE FROM datasets")]
    [InlineData("ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY")]
    public async Task RoleOfRequests_CannotTouchIt(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var become = new NpgsqlCommand(
            $"SET LOCAL ROLE \"{fixture.Database.Name}_api\"; SELECT set_config('aimesh.organisation', 'demo', true), set_config('aimesh.user', 'ann', true)", connection);
        await become.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        var refused = await Assert.ThrowsAsync<PostgresException>(command.ExecuteNonQueryAsync);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }
}
