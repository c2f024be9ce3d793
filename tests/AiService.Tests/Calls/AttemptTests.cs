using AiMesh.AiService.Calls;
using AiMesh.AiService.Providers;
using AiMesh.AiService.Providers.OpenAi;
using AiMesh.ProviderSimulator;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Tests.Calls;

/// <summary>One try of one model, against the simulator.</summary>
public sealed class AttemptTests
{
    [Fact]
    public async Task Caller_WhoReadsSlowly_IsNotTheProvidersPause()
    {
        await using var simulator = await Simulator.StartAsync();
        simulator.State.Enqueue(new Script { Tokens = 4 });
        using var client = new OpenAiChatClient(simulator.BaseUrl, null, "max_tokens", TimeProvider.System);
        var attempt = Create(client, TimeSpan.FromMilliseconds(300));
        var caller = new Caller(TimeSpan.FromMilliseconds(700));

        await attempt.RunAsync(Guid.NewGuid(), caller, CancellationToken.None);

        Assert.Equal(Tokens.Filler(4), caller.Answer);
        Assert.Equal((4, false), (attempt.Usage.Output, attempt.IsEstimated));
    }

    [Fact]
    public async Task Caller_WhoCannotBeReached_IsNoFailureOfTheProvider()
    {
        await using var simulator = await Simulator.StartAsync();
        using var client = new OpenAiChatClient(simulator.BaseUrl, null, "max_tokens", TimeProvider.System);
        var attempt = Create(client, TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<CallerGoneException>(() => attempt.RunAsync(Guid.NewGuid(), new Caller(TimeSpan.Zero) { IsGone = true }, CancellationToken.None));

        Assert.True(attempt.HasBegun);
    }

    private static Attempt Create(OpenAiChatClient client, TimeSpan idle)
    {
        var model = new Model { Provider = "openai", Name = "sim-small", ContextLength = 8000, MaxOutputTokens = 1000, Prices = Prices.Free("USD") };
        return new Attempt(
            new Provider("openai", client, [model], LeavesTheMesh: true) { FirstTokenTimeout = TimeSpan.FromSeconds(5), IdleTimeout = idle },
            model,
            new Prompt([new ChatMessage(ChatRole.User, "Hello")], new ChatOptions { ModelId = "sim-small" }),
            TimeProvider.System);
    }

    private sealed class Caller(TimeSpan pace) : ICallObserver
    {
        public bool IsGone { get; init; }

        public string Answer { get; private set; } = "";

        public Task StartedAsync(Guid callId, Model model, Prompt prompt, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task ReceivedAsync(string piece, CancellationToken cancellationToken)
        {
            if (IsGone) throw new InvalidOperationException("The connection is closed.");
            if (Answer.Length == 0) await Task.Delay(pace, cancellationToken);
            Answer += piece;
        }
    }
}
