using System.Globalization;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Usage;

/// <summary>What calls cost, and who may know.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class UsageTests(AiFixture fixture)
{
    private static readonly string[] Own = ["ai:chat", "ai:use_openai", "ai:usage:read", "ai:audit:read"];
    private static readonly string[] Everybodys = ["ai:usage:read", "ai:usage:read:all", "ai:audit:read", "ai:audit:read:all"];

    [Fact]
    public async Task Usage_ByEachGrouping_AddsUpToTheBill()
    {
        var organisation = AiFixture.NewOrganisation();
        var bill = await CallAsync(organisation, "alice", "openai/sim-small", 3) + await CallAsync(organisation, "bob", "openai/sim-large", 2);
        var admin = AiServiceHost.With(fixture.Token(organisation, "carol", permissions: Everybodys));

        foreach (var grouping in new[] { GetUsageRequest.Types.GroupBy.Unspecified, GetUsageRequest.Types.GroupBy.Day, GetUsageRequest.Types.GroupBy.Model, GetUsageRequest.Types.GroupBy.User })
        {
            var usage = await fixture.Service.Usage.GetUsageAsync(new GetUsageRequest { GroupBy = grouping }, admin);

            Assert.Equal(5, usage.Total.Calls);
            Assert.Equal(bill, Amount(usage.Total));
            Assert.Equal("USD", usage.Total.Cost.CurrencyCode);
            Assert.Equal(usage.Total.Calls, usage.Groups.Sum(g => g.Totals.Calls));
            Assert.Equal(bill, usage.Groups.Sum(g => Amount(g.Totals)));
            Assert.Equal(usage.Total.Usage.OutputTokens, usage.Groups.Sum(g => g.Totals.Usage.OutputTokens));
            string[] keys = grouping switch
            {
                GetUsageRequest.Types.GroupBy.Model => ["openai/sim-large", "openai/sim-small"],
                GetUsageRequest.Types.GroupBy.User => ["alice", "bob"],
                _ => [DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)],
            };
            Assert.Equal(keys, usage.Groups.Select(g => g.Key));
        }
    }

    [Fact]
    public async Task Usage_WithoutTheRightToAll_IsTheCallersOwn()
    {
        var organisation = AiFixture.NewOrganisation();
        var alices = await CallAsync(organisation, "alice", "openai/sim-small", 2);
        await CallAsync(organisation, "bob", "openai/sim-large", 1);
        var alice = AiServiceHost.With(fixture.Token(organisation, "alice", permissions: Own));

        var usage = await fixture.Service.Usage.GetUsageAsync(new GetUsageRequest { GroupBy = GetUsageRequest.Types.GroupBy.User }, alice);
        var calls = await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest(), alice);

        Assert.Equal((2, alices), (usage.Total.Calls, Amount(usage.Total)));
        Assert.Equal(["alice"], usage.Groups.Select(g => g.Key));
        Assert.Equal(["alice", "alice"], calls.Calls.Select(c => c.Subject));
    }

    [Fact]
    public async Task Usage_OverJson_HasExactAmountsAsText()
    {
        var organisation = AiFixture.NewOrganisation();
        var bill = await CallAsync(organisation, "alice", "openai/sim-small", 1);

        var (status, usage) = await fixture.Service.GetAsync(fixture.Token(organisation), "/api/ai/usage?groupBy=MODEL");

        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        Assert.Equal("1", usage.GetProperty("total").GetProperty("calls").GetString());
        Assert.Equal(bill.ToString("0.############", CultureInfo.InvariantCulture), usage.GetProperty("total").GetProperty("cost").GetProperty("amount").GetString());
    }

    [Fact]
    public async Task Usage_OutsideOfItsTime_IsLeftOut()
    {
        var organisation = AiFixture.NewOrganisation();
        await CallAsync(organisation, "alice", "openai/sim-small", 1);
        var caller = AiServiceHost.With(fixture.Token(organisation));

        var past = await fixture.Service.Usage.GetUsageAsync(new GetUsageRequest { EndTime = Timestamp.FromDateTime(DateTime.UtcNow.AddMinutes(-5)) }, caller);

        Assert.Equal((0, "0"), (past.Total.Calls, past.Total.Cost.Amount));
        Assert.Empty(past.Groups);
    }

    [Theory]
    [InlineData("start_time", 0, -10)]
    [InlineData("end_time", -400, 0)]
    public async Task Usage_OfATimeThatIsNone_NamesTheField(string field, int start, int end)
    {
        var request = new GetUsageRequest { StartTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(start)), EndTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(end)) };

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Usage.GetUsageAsync(request, fixture.Caller()));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal([field], exception.Fields());
    }

    [Fact]
    public async Task Usage_WithFaultsInSeveralFields_NamesAll()
    {
        var request = new GetUsageRequest { StartTime = new Timestamp { Seconds = long.MaxValue }, EndTime = new Timestamp { Nanos = -1 }, GroupBy = (GetUsageRequest.Types.GroupBy)9 };

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Usage.GetUsageAsync(request, fixture.Caller()));

        Assert.Equal(["end_time", "start_time", "group_by"], exception.Fields());
    }

    /// <summary>Makes calls and answers what the provider billed for them.</summary>
    private async Task<decimal> CallAsync(string organisation, string subject, string model, int times)
    {
        var before = fixture.Primary.State.TotalCost;
        var headers = AiServiceHost.With(fixture.Token(organisation, subject, permissions: Own));
        for (var i = 0; i < times; i++)
        {
            var content = $"Count. {new Script { Tokens = 5 + i, Cached = 2, Reasoning = 1 }}";
            await fixture.Service.Chat.CompleteAsync(new CompleteRequest { Model = model, Messages = { new Message { Role = Message.Types.Role.User, Content = content } } }, headers);
        }

        return fixture.Primary.State.TotalCost - before;
    }

    private static decimal Amount(GetUsageResponse.Types.Totals totals) => decimal.Parse(totals.Cost.Amount, CultureInfo.InvariantCulture);
}
