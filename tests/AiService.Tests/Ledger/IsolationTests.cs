using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using Dapper;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AiService.Tests.Ledger;

/// <summary>A7: organisations never see each other's calls, by the query and again by the database.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class IsolationTests(AiFixture fixture)
{
    private static readonly string[] Tables = ["calls", "ledger", "audit"];
    private readonly string _ours = AiFixture.NewOrganisation();
    private readonly string _theirs = AiFixture.NewOrganisation();

    // Requests run as this role: whatever a query forgets, the database adds.
    private NpgsqlDataSource Api => fixture.Service.Services.GetRequiredService<NpgsqlDataSource>();

    [Fact]
    public async Task Reports_AreOfTheCallersOrganisationOnly()
    {
        await CallAsync(_ours, 1);
        var foreign = await CallAsync(_theirs, 2);
        var caller = AiServiceHost.With(fixture.Token(_ours));

        foreach (var grouping in Enum.GetValues<GetUsageRequest.Types.GroupBy>())
            Assert.Equal(1, (await fixture.Service.Usage.GetUsageAsync(new GetUsageRequest { GroupBy = grouping }, caller)).Total.Calls);
        Assert.Single((await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest(), caller)).Calls);

        // Nor can a foreign call be named as a place in the list.
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest { PageToken = Guid.Parse(foreign).ToString("N") }, caller));
        Assert.Equal(["page_token"], exception.Fields());
    }

    [Fact]
    public async Task Database_WithoutAWhere_ShowsTheOrganisationOfTheTransactionOnly()
    {
        await CallAsync(_ours, 1);
        await CallAsync(_theirs, 2);

        foreach (var table in Tables)
        {
            Assert.Equal([_ours], await QueryAsync(_ours, $"select distinct organisation from {table}"));
            Assert.Empty(await QueryAsync(null, $"select distinct organisation from {table}"));
        }
    }

    [Fact]
    public async Task Database_RefusesRowsOfAnotherOrganisation()
    {
        var exception = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(
            "insert into calls (id, organisation, subject, operation, started, expires, reserved) values (gen_random_uuid(), @theirs, 'x', 'chat', now(), now() + interval '1 minute', 0)"));

        Assert.Contains("row-level security", exception.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_LetsNothingBeChangedOrTakenBack()
    {
        await CallAsync(_ours, 1);

        foreach (var table in Tables)
        {
            foreach (var sql in new[] { $"delete from {table}", $"update {table} set organisation = organisation", $"truncate {table}", $"alter table {table} disable row level security" })
            {
                var exception = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(sql));
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, exception.SqlState);
            }
        }
    }

    [Fact]
    public async Task Api_IsNoRoleThatEscapesTheRules()
    {
        var escapes = await QueryAsync(_ours, "select rolname::text from pg_roles where rolname = current_user and (rolsuper or rolbypassrls or rolcreaterole)");

        Assert.Empty(escapes);
    }

    /// <summary>Makes calls and answers the id of the last.</summary>
    private async Task<string> CallAsync(string organisation, int times)
    {
        var id = "";
        for (var i = 0; i < times; i++)
        {
            var request = new CompleteRequest { Model = "local/analyst", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } };
            id = (await fixture.Service.Chat.CompleteAsync(request, AiServiceHost.With(fixture.Token(organisation)))).CallId;
        }

        return id;
    }

    private async Task<List<string>> QueryAsync(string? organisation, string sql)
    {
        await using var connection = await Api.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select set_config('aimesh.organisation', @organisation, true)", new { organisation = organisation ?? "" }, transaction);
        return [.. await connection.QueryAsync<string>(sql, transaction: transaction)];
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await Api.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select set_config('aimesh.organisation', @ours, true)", new { ours = _ours }, transaction);
        await connection.ExecuteAsync(sql, new { theirs = _theirs }, transaction);
    }
}
