using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Chat;

[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class ChatTests(AiFixture fixture)
{
    public static TheoryData<string, CompleteRequest?> Wrong => new()
    {
        { "messages", Say(r => r.Messages.Clear()) },
        { "messages", Say(r => r.Messages[0].Role = Message.Types.Role.Assistant) },
        { "messages", Say(r => r.Messages.Add(Enumerable.Range(0, 200).Select(_ => r.Messages[0]))) },
        { "messages[0].role", Say(r => r.Messages.Insert(0, new Message { Content = "x" })) },
        { "messages[0].content", Say(r => r.Messages[0].Content = new string('x', 1_000_001)) },
        { "temperature", Say(r => r.Temperature = 2.1) },
        { "temperature", Say(r => r.Temperature = double.NaN) },
        { "top_p", Say(r => r.TopP = -0.1) },
        { "max_output_tokens", Say(r => r.MaxOutputTokens = 32_769) },
        { "stop", Say(r => r.Stop.Add("")) },
        { "stop", Say(r => r.Stop.Add(["a", "b", "c", "d", "e"])) },
        { "policy", Say(r => r.Policy = (CompleteRequest.Types.Policy)77) },
        { "messages", Say(r => r.Messages[0].Content = new string('x', 70_000)) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Field_ThatIsWrong_IsNamed(string field, CompleteRequest? request)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Chat.CompleteAsync(request!, fixture.Caller()));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal([field], exception.Fields());
    }

    [Fact]
    public async Task Settings_ReachTheProvider()
    {
        var request = Say(r =>
        {
            r.Messages.Insert(0, new Message { Role = Message.Types.Role.System, Content = "Be brief." });
            (r.Temperature, r.TopP, r.MaxOutputTokens) = (0.25, 0.5, 77);
            r.Stop.Add("END");
        });

        await fixture.Service.Chat.CompleteAsync(request, fixture.Caller());

        Assert.Equal(
            """{"model":"sim-small","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}],"temperature":0.25,"top_p":0.5,"max_tokens":77,"stop":["END"],"stream":true,"stream_options":{"include_usage":true}}""",
            fixture.Primary.State.Bodies.Last());
    }

    [Fact]
    public async Task Stream_EndsWithTheWholeAnswer()
    {
        var request = Say(r => r.Messages[0].Content = $"Hello {new Script { Text = "Grüße, 千の夢! 😀", Cached = 2, Reasoning = 3 }}");
        using var call = fixture.Service.Chat.StreamComplete(request, fixture.Caller());

        var messages = await call.ResponseStream.ReadAllAsync().ToListAsync();

        var done = messages[^1].Done;
        Assert.All(messages.SkipLast(1), m => Assert.Null(m.Done));
        Assert.Equal("", messages[^1].Delta);
        Assert.Equal("Grüße, 千の夢! 😀", string.Concat(messages.Select(m => m.Delta)));
        Assert.Equal(("Grüße, 千の夢! 😀", FinishReason.Stop, "openai/sim-small"), (done.Content, done.FinishReason, done.Model));
        Assert.Equal((2, 3), (done.Usage.CachedInputTokens, done.Usage.ReasoningTokens));
        Assert.True(Guid.TryParse(done.CallId, out _));
    }

    [Theory]
    [InlineData("length", FinishReason.Length)]
    [InlineData("content_filter", FinishReason.ContentFilter)]
    [InlineData("stop", FinishReason.Stop)]
    public async Task Reason_WhyTheAnswerEnded_IsTold(string reason, FinishReason expected)
    {
        var request = Say(r => r.Messages[0].Content = $"Hello {new Script { Finish = reason }}");

        Assert.Equal(expected, (await fixture.Service.Chat.CompleteAsync(request, fixture.Caller())).FinishReason);
    }

    [Fact]
    public async Task Model_ThatDoesNotStream_AnswersInOnePiece()
    {
        var request = Say(r => r.Model = "openai/sim-block");
        using var call = fixture.Service.Chat.StreamComplete(request, fixture.Caller());

        var messages = await call.ResponseStream.ReadAllAsync().ToListAsync();

        Assert.Equal(2, messages.Count);
        Assert.Equal((Tokens.Filler(12), 12), (messages[0].Delta, messages[1].Done.Usage.OutputTokens));
        Assert.False(fixture.Primary.State.Requests[^1].Streamed);
    }

    private static CompleteRequest Say(Action<CompleteRequest> change)
    {
        var request = new CompleteRequest { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = "Hello" } } };
        change(request);
        return request;
    }
}
