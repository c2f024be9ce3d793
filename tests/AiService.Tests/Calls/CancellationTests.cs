using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Calls;

/// <summary>I5: a caller who leaves ends the provider's work, and what was used until then is accounted for.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class CancellationTests(AiFixture fixture)
{
    private const int Received = 7;
    private static readonly Script Hold = new() { HoldAfter = Received };

    // Long enough for a busy machine to have passed on what the provider wrote.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Grpc_CancelledInTheMiddle_ReachesTheProviderAndIsPaid()
    {
        var organisation = AiFixture.NewOrganisation();
        using var call = fixture.Service.Chat.StreamComplete(Say(Hold), AiServiceHost.With(fixture.Token(organisation)));
        for (var i = 0; i < Received; i++)
            Assert.True(await call.ResponseStream.MoveNext());

        call.Dispose();

        await AssertCancelledAsync(organisation);
    }

    [Fact]
    public async Task Grpc_PastItsDeadline_ReachesTheProviderAndIsPaid()
    {
        var organisation = AiFixture.NewOrganisation();

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await fixture.Service.Chat.CompleteAsync(Say(Hold), AiServiceHost.With(fixture.Token(organisation)), DateTime.UtcNow + Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        await AssertCancelledAsync(organisation);
    }

    [Fact]
    public async Task Events_WhoseReaderLeaves_ReachTheProviderAndArePaid()
    {
        var organisation = AiFixture.NewOrganisation();
        using (var request = ServiceRequests.Question(fixture.Token(organisation), new { question = $"Who? {Hold}", datasets = new[] { "movies" }, model = "openai/sim-small" }, "text/event-stream"))
        using (var response = await fixture.Service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            for (var deltas = 0; deltas < Received;)
            {
                if (await reader.ReadLineAsync() == "event: delta") deltas++;
            }
        }

        await AssertCancelledAsync(organisation);
    }

    [Fact]
    public async Task Call_CancelledBeforeItsFirstToken_ReachesTheProviderAndCostsNothing()
    {
        var organisation = AiFixture.NewOrganisation();
        var before = fixture.Primary.State.Requests.Count;
        using var call = fixture.Service.Chat.CompleteAsync(Say(new Script { DelayMs = 60_000 }), AiServiceHost.With(fixture.Token(organisation)));
        await Eventually.HoldsAsync(() => fixture.Primary.State.Requests.Count > before);

        call.Dispose();

        await Eventually.HoldsAsync(() => fixture.Primary.State.Requests[^1].Disconnected);
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal(("", 0m, "CANCELLED"), (row.Model, row.Cost, row.Outcome));
        Assert.Equal(["openai: cancelled"], row.Attempts);
    }

    [Fact]
    public async Task Call_LongerThanACallMayBe_EndsAndIsPaid()
    {
        var organisation = AiFixture.NewOrganisation();
        await using var service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Routing:CallTimeout", Patience.ToString()));

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await service.Chat.CompleteAsync(Say(Hold), AiServiceHost.With(fixture.Token(organisation))));

        Assert.Equal((StatusCode.DeadlineExceeded, "CALL_TOO_LONG"), (exception.StatusCode, exception.Reason()));
        await AssertCancelledAsync(organisation, "CALL_TOO_LONG");
    }

    private static CompleteRequest Say(Script script) =>
        new() { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = $"Hello {script}" } } };

    private async Task AssertCancelledAsync(string organisation, string outcome = "CANCELLED")
    {
        var billed = fixture.Primary.State.Requests[^1];
        await Eventually.HoldsAsync(() => billed.Disconnected);
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal(("openai/sim-small", outcome, true), (row.Model, row.Outcome, row.Estimated));
        Assert.Equal((billed.PromptTokens, billed.CompletionTokens, billed.Cost), (row.Input, row.Output, row.Cost));
        Assert.Equal(Received, row.Output);
        Assert.Equal(["openai: cancelled"], row.Attempts);
    }
}
