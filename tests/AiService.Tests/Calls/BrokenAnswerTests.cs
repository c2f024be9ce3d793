using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Calls;

/// <summary>I3: an answer that breaks after its first token ends with a clear error, and what was received is paid.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class BrokenAnswerTests(AiFixture fixture) : IAsyncLifetime
{
    private const int Received = 5;

    private static readonly Dictionary<string, (Script Script, string Outcome)> Failures = new()
    {
        ["connection cut"] = (new Script { BreakAfter = Received }, "broken"),
        ["not JSON"] = (new Script { MalformedAfter = Received }, "malformed"),
        ["error inside the stream"] = (new Script { ErrorAfter = Received }, "server"),
        ["silence"] = (new Script { HoldAfter = Received }, "timeout"),
    };

    private AiServiceHost _service = null!;

    public static TheoryData<string> Kinds => [.. Failures.Keys];

    public async Task InitializeAsync() => _service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Providers:openai:IdleTimeout", "00:00:00.5"));

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Grpc_PassesOnWhatCameAndEndsWithAStatus(string kind)
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(Failures[kind].Script);
        using var call = _service.Chat.StreamComplete(
            new CompleteRequest { Model = "sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } },
            AiServiceHost.With(fixture.Token(organisation)));

        var text = "";
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var message in call.ResponseStream.ReadAllAsync())
                text += message.Delta;
        });

        Assert.Equal(Tokens.Filler(Received), text);
        Assert.Equal((StatusCode.Unavailable, "ANSWER_BROKE", "The answer of 'openai' broke off."), (exception.StatusCode, exception.Reason(), exception.Status.Detail));
        await AssertSettledAsync(organisation, kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Events_EndWithAnErrorThatTellsTheProblem(string kind)
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(Failures[kind].Script);

        var events = await _service.AskEventsAsync(fixture.Token(organisation), new { question = "Who?", datasets = new[] { "movies" }, model = "sim-small" });

        Assert.Equal(["started", "delta", "error"], events.Select(e => e.Name).Distinct());
        Assert.Equal(Tokens.Filler(Received).Trim(), events.Text());
        var problem = events[^1].Data;
        Assert.Equal("ANSWER_BROKE", problem.GetProperty("reason").GetString());
        Assert.Equal(503, problem.GetProperty("status").GetInt32());
        Assert.Equal("https://aimesh/errors/answer-broke", problem.GetProperty("type").GetString());
        await AssertSettledAsync(organisation, kind);
    }

    private async Task AssertSettledAsync(string organisation, string kind)
    {
        var billed = fixture.Primary.State.Requests[^1];
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal(("openai/sim-small", "ANSWER_BROKE", true), (row.Model, row.Outcome, row.Estimated));
        Assert.Equal([$"openai: {Failures[kind].Outcome}"], row.Attempts);
        Assert.Equal((Received, billed.Cost), (row.Output, row.Cost));
        Assert.True(row.Cost > 0);
    }
}
