using System.Diagnostics;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Calls;

/// <summary>I3: what fails before the first token is made good by another provider, unseen and within two seconds.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class FailoverTests(AiFixture fixture) : IAsyncLifetime, IAsyncDisposable
{
    private static readonly Dictionary<string, (Script Script, string Outcome)> Failures = new()
    {
        ["broken stream"] = (new Script { BreakAfter = 0 }, "broken"),
        ["rate limit"] = (new Script { Status = 429, Code = "rate_limit_exceeded", RetryAfter = 30 }, "429"),
        ["server error"] = (new Script { Status = 500 }, "500"),
        ["silence"] = (new Script { DelayMs = 60_000 }, "timeout"),
        ["silence after the headers"] = (new Script { HoldAfter = 0 }, "timeout"),
        ["not JSON"] = (new Script { MalformedAfter = 0 }, "malformed"),
        ["error inside the stream"] = (new Script { ErrorAfter = 0 }, "server"),
        ["unknown model"] = (new Script { Status = 404, Code = "model_not_found" }, "404"),
        ["refusal"] = (new Script { Status = 400, Code = "context_length_exceeded" }, "400"),
    };

    // What these tests teach a service about its providers is not for others.
    private AiServiceHost _service = null!;

    public static TheoryData<string> Kinds => [.. Failures.Keys];

    public async Task InitializeAsync()
    {
        _service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Providers:openai:FirstTokenTimeout", "00:00:00.5"));
        await _service.Models.ListModelsAsync(new ListModelsRequest(), fixture.Caller());
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        fixture.Primary.State.ClearScripts();
        await _service.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Stream_ThatFailsBeforeItsFirstToken_IsAnsweredByAnother(string kind)
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(Failures[kind].Script);
        var started = Stopwatch.GetTimestamp();

        using var call = _service.Chat.StreamComplete(Hello("sim-small"), AiServiceHost.With(fixture.Token(organisation)));
        var messages = await call.ResponseStream.ReadAllAsync().ToListAsync();

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2), $"It took {Stopwatch.GetElapsedTime(started)}.");
        var done = messages[^1].Done;
        Assert.Equal("backup/sim-small", done.Model);
        Assert.Equal(Tokens.Filler(12), string.Concat(messages.Select(m => m.Delta)));
        Assert.Equal(Tokens.Filler(12), done.Content);
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal([$"openai: {Failures[kind].Outcome}", "backup: ok"], row.Attempts);
        Assert.Equal(("backup/sim-small", "OK", fixture.Backup.State.Requests[^1].Cost), (row.Model, row.Outcome, row.Cost));
    }

    [Fact]
    public async Task Whole_ThatFails_IsAnsweredByAnother()
    {
        fixture.Primary.State.Enqueue(new Script { BreakAfter = 0 });

        var answer = await _service.Chat.CompleteAsync(Hello("sim-small"), fixture.Caller());

        Assert.Equal(("backup/sim-small", Tokens.Filler(12)), (answer.Model, answer.Content));
    }

    [Fact]
    public async Task Events_OfAStreamThatFailed_TellOfTheOtherOnly()
    {
        fixture.Primary.State.Enqueue(new Script { Status = 500 });

        var events = await _service.AskEventsAsync(fixture.Token(), new { question = "Who?", datasets = new[] { "movies" }, model = "sim-small" });

        Assert.Equal("started", events[0].Name);
        Assert.Equal("backup/sim-small", events[0].Data.GetProperty("started").GetProperty("model").GetString());
        Assert.DoesNotContain("error", events.Select(e => e.Name));
        Assert.Equal("done", events[^1].Name);
    }

    [Fact]
    public async Task Provider_ThatFailed_IsNotAskedForItsOtherModelsFirst()
    {
        // By quality: openai/sim-large, openai/sim-block, and only then the other provider.
        await using var service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Providers:backup:Models:1:Quality", "0.55"));
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(new Script { Status = 500 });

        var answer = await service.Chat.CompleteAsync(Hello("", CompleteRequest.Types.Policy.Best), AiServiceHost.With(fixture.Token(organisation)));

        Assert.Equal("backup/sim-large", answer.Model);
        Assert.Equal(["openai: 500", "backup: ok"], (await LedgerRow.OnlyAsync(fixture, organisation)).Attempts);
    }

    [Fact]
    public async Task Provider_ThatSaidWhenToComeAgain_GetsItsSecondChance()
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(new Script { Status = 429, RetryAfter = 0.3 });

        var answer = await _service.Chat.CompleteAsync(Hello("openai/sim-small"), AiServiceHost.With(fixture.Token(organisation)));

        Assert.Equal("openai/sim-small", answer.Model);
        Assert.Equal(["openai: 429", "openai: ok"], (await LedgerRow.OnlyAsync(fixture, organisation)).Attempts);
    }

    [Fact]
    public async Task Everybody_Failing_IsUnavailable_NamesTheAttemptsAndCostsNothing()
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(new Script { Status = 429, RetryAfter = 30 });
        fixture.Backup.State.Enqueue(new Script { Status = 503 });

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await _service.Chat.CompleteAsync(Hello("sim-small"), AiServiceHost.With(fixture.Token(organisation))));

        Assert.Equal((StatusCode.Unavailable, "NO_PROVIDER_ANSWERS"), (exception.StatusCode, exception.Reason()));
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal(("", 0m, "NO_PROVIDER_ANSWERS"), (row.Model, row.Cost, row.Outcome));
        Assert.Equal(["openai: 429", "backup: 503"], row.Attempts);

        // The one that asked for half a minute is left alone from now on.
        var requests = fixture.Primary.State.Requests.Count;
        Assert.Equal("backup/sim-small", (await _service.Chat.CompleteAsync(Hello("sim-small"), fixture.Caller())).Model);
        Assert.Equal(requests, fixture.Primary.State.Requests.Count);
    }

    [Fact]
    public async Task Refusal_ThatNobodyTakes_IsToldWithItsCode()
    {
        fixture.Primary.State.Enqueue(new Script { Status = 400, Code = "content_policy_violation" });

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await _service.Chat.CompleteAsync(Hello("openai/sim-small"), fixture.Caller()));

        Assert.Equal((StatusCode.FailedPrecondition, "PROVIDER_REFUSED"), (exception.StatusCode, exception.Reason()));
        Assert.Contains("content_policy_violation", exception.Status.Detail, StringComparison.Ordinal);
    }

    private static CompleteRequest Hello(string model, CompleteRequest.Types.Policy policy = default) => new()
    {
        Model = model,
        Policy = policy,
        Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } },
    };
}
