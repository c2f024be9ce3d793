using AiMesh.Ai.V1;
using AiMesh.AiService.Ledger;
using AiMesh.AiService.Routing;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Ledger;

/// <summary>I6: what was begun is never forgotten, also when the process is killed.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class LostCallsTests(AiFixture fixture)
{
    [Fact]
    public async Task Call_OfAKilledProcess_IsSettledAsLostByAnother()
    {
        var organisation = AiFixture.NewOrganisation();
        await using (var process = await AiServiceProcess.StartAsync(fixture))
        {
            fixture.Primary.State.Enqueue(new Script { HoldAfter = 3 });
            using var call = new Ai.V1.Chat.ChatClient(process.Channel).StreamComplete(
                new CompleteRequest { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } },
                AiServiceHost.With(fixture.Token(organisation)));
            for (var i = 0; i < 3; i++)
                Assert.True(await call.ResponseStream.MoveNext());

            await process.KillAsync();

            await Assert.ThrowsAsync<RpcException>(call.ResponseStream.MoveNext);
        }

        // It is there, open, and no sweep takes it before nothing of it can run any more.
        Assert.Single(await fixture.QueryAsync<Guid>("select id from calls where organisation = @organisation", new { organisation }));
        var time = new ManualTime(DateTimeOffset.UtcNow);
        using var ledger = new CallLedger(
            fixture.Service.Services.GetRequiredService<LedgerStore>(), Options.Create(new RoutingOptions()), time, NullLogger<CallLedger>.Instance);
        await ledger.CatchUpAsync(CancellationToken.None);
        Assert.Empty(await LedgerRow.AllAsync(fixture, organisation));

        time.Advance(TimeSpan.FromMinutes(16));
        await ledger.CatchUpAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(16));
        await ledger.CatchUpAsync(CancellationToken.None);

        var row = Assert.Single(await LedgerRow.AllAsync(fixture, organisation));
        Assert.Equal(("LOST", "", 0m, true), (row.Outcome, row.Model, row.Cost, row.Estimated));
    }
}
