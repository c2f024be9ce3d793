using System.Globalization;
using System.Net;
using System.Text.Json;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Analyst;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Ask;

/// <summary>I12: POST /api/ai/ask and the RPC behind it.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class AskTests(AiFixture fixture)
{
    private const string Question = "Which film has the highest worldwide gross?";
    private static readonly Movie Highest = Movie.All.MaxBy(m => m.Gross)!;

    [Fact]
    public async Task Ask_OverJson_AnswersInTheShapeOfTheContract()
    {
        var (status, answer) = await fixture.Service.AskAsync(fixture.Token(), new { question = Question, datasets = new[] { "movies" }, model = "local/analyst" });

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["answer", "citations", "model", "usage", "cost", "answered", "notices", "callId"], answer.EnumerateObject().Select(p => p.Name));
        Assert.Contains(Highest.Title, answer.GetProperty("answer").GetString(), StringComparison.Ordinal);
        var citation = answer.GetProperty("citations")[0];
        Assert.Equal(["name", "label", "fields"], citation.EnumerateObject().Select(p => p.Name));
        Assert.Equal($"datasets/movies/items/{Highest.Row}", citation.GetProperty("name").GetString());
        Assert.Equal(Highest.Title, citation.GetProperty("label").GetString());
        Assert.Equal("local/analyst", answer.GetProperty("model").GetString());
        Assert.Equal(["inputTokens", "outputTokens", "cachedInputTokens", "reasoningTokens"], answer.GetProperty("usage").EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.String, answer.GetProperty("usage").GetProperty("inputTokens").ValueKind);
        Assert.Equal("""{"currencyCode":"USD","amount":"0"}""", answer.GetProperty("cost").GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.True(answer.GetProperty("answered").GetBoolean());
    }

    [Fact]
    public async Task Ask_OfAProvider_CostsWhatItBilled()
    {
        var organisation = AiFixture.NewOrganisation();
        fixture.Primary.State.Enqueue(new Script { Text = "It is so [r1:title].", Cached = 100, Reasoning = 7 });

        var answer = await fixture.Service.Assistant.AskAsync(Ask("openai/sim-large"), AiServiceHost.With(fixture.Token(organisation)));

        var billed = fixture.Primary.State.Requests[^1];
        Assert.Equal("It is so [1].", answer.Answer);
        Assert.Equal(billed.Cost, decimal.Parse(answer.Cost.Amount, CultureInfo.InvariantCulture));
        Assert.Equal((billed.PromptTokens, billed.CompletionTokens, 100, 7), (answer.Usage.InputTokens, answer.Usage.OutputTokens, answer.Usage.CachedInputTokens, answer.Usage.ReasoningTokens));
        var row = await LedgerRow.OnlyAsync(fixture, organisation);
        Assert.Equal((Guid.Parse(answer.CallId), "ask", "alice", billed.Cost, false), (row.Id, row.Operation, row.Subject, row.Cost, row.Estimated));
    }

    [Fact]
    public async Task Ask_ThatTheDataDoesNotAnswer_SaysSo()
    {
        fixture.Primary.State.Enqueue(new Script { Text = "[no-answer] The data names no composers." });

        var answer = await fixture.Service.Assistant.AskAsync(Ask("openai/sim-small"), fixture.Caller());

        Assert.False(answer.Answered);
        Assert.Equal("The data names no composers.", answer.Answer);
        Assert.Empty(answer.Citations);
    }

    [Fact]
    public async Task Ask_ThatWasCut_SaysSo()
    {
        fixture.Primary.State.Enqueue(new Script { Tokens = 50 });
        var request = Ask("openai/sim-small");
        request.MaxOutputTokens = 10;

        var answer = await fixture.Service.Assistant.AskAsync(request, fixture.Caller());

        Assert.Equal(10, answer.Usage.OutputTokens);
        Assert.Contains("The answer was cut at the most tokens that were asked for.", answer.Notices);
    }

    [Fact]
    public async Task Ask_AboutADevice_CitesIt()
    {
        var request = new AskRequest { Question = "What is the highest temperature?", Devices = { "pump-1" }, Model = "local/analyst" };

        var answer = await fixture.Service.Assistant.AskAsync(request, fixture.Caller());

        Assert.Contains("95.5", answer.Answer, StringComparison.Ordinal);
        Assert.Equal("devices/pump-1", Assert.Single(answer.Citations).Name);
    }

    [Fact]
    public async Task Ask_GivesTheDataServiceTheCallersTokenFilterAndBound()
    {
        var token = fixture.Token();
        var request = Ask("local/analyst");
        request.Filters["movies"] = "major_genre = \"Drama\"";

        await fixture.Service.Assistant.AskAsync(request, AiServiceHost.With(token));

        Assert.Equal($"Bearer {token}", fixture.Mesh.Data.Authorizations.Last());
        var query = fixture.Mesh.Data.Requests.Last();
        Assert.Equal(("movies", "major_genre = \"Drama\"", 10_000), (query.Dataset, query.Filter, query.Limit));
    }

    [Fact]
    public async Task Ask_AboutADatasetThatTheCallerDoesNotSee_IsNotFoundAndNoProviderIsAsked()
    {
        var before = fixture.Primary.State.Requests.Count;
        var request = Ask("openai/sim-small");
        request.Datasets[0] = "salaries";

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await fixture.Service.Assistant.AskAsync(request, fixture.Caller()));

        Assert.Equal((StatusCode.NotFound, "There is no dataset 'salaries'."), (exception.StatusCode, exception.Status.Detail));
        Assert.Equal(before, fixture.Primary.State.Requests.Count);
    }

    private static AskRequest Ask(string model) => new() { Question = Question, Datasets = { "movies" }, Model = model };
}
