using AiMesh.AiService.Ledger;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AiService.Tests.Ledger;

/// <summary>I6: every call is settled exactly once, whatever the database does meanwhile.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class SettlementTests(AiFixture fixture)
{
    [Fact]
    public async Task Settlement_WhileTheDatabaseIsAway_IsMadeUpForWhenItIsBack()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        await using var service = await AiServiceHost.StartAsync(database.ConnectionString, fixture.Settings([]));
        var ledger = service.Services.GetRequiredService<CallLedger>();
        var call = await ledger.ReserveAsync("demo", "alice", "chat", 1, CancellationToken.None);

        await server.StopAsync();
        await ledger.SettleAsync(Settled(call));
        await server.StartAsync();
        NpgsqlConnection.ClearAllPools();

        Assert.Equal("OK", await Eventually.GetAsync(async () =>
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            return await connection.QuerySingleOrDefaultAsync<string>("select outcome from audit where call_id = @Id", new { call.Id });
        }));
    }

    [Fact]
    public async Task Settlement_AfterAnother_ChangesNothing()
    {
        var organisation = AiFixture.NewOrganisation();
        var store = fixture.Service.Services.GetRequiredService<LedgerStore>();
        var ledger = fixture.Service.Services.GetRequiredService<CallLedger>();
        var call = await ledger.ReserveAsync(organisation, "alice", "chat", 1, CancellationToken.None);

        await store.SettleAsync(Settled(call), CancellationToken.None);
        await store.SettleAsync(Settled(call) with { Outcome = SettledCall.Cancelled }, CancellationToken.None);

        Assert.Equal("OK", Assert.Single(await LedgerRow.AllAsync(fixture, organisation)).Outcome);
    }

    [Fact]
    public async Task Settlement_OfACallThatWasNeverReserved_IsRefused()
    {
        var store = fixture.Service.Services.GetRequiredService<LedgerStore>();
        var call = new ReservedCall(Guid.NewGuid(), AiFixture.NewOrganisation(), "alice", "chat", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddMinutes(1), 0);

        var exception = await Assert.ThrowsAsync<PostgresException>(() => store.SettleAsync(Settled(call), CancellationToken.None));

        // What a settlement takes over from its reservation is missing.
        Assert.Equal(PostgresErrorCodes.NotNullViolation, exception.SqlState);
    }

    private static SettledCall Settled(ReservedCall call) => new() { Call = call, Currency = "USD", Outcome = SettledCall.Ok };
}
