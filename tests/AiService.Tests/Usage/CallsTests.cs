using System.Security.Cryptography;
using System.Text;
using AiMesh.Ai.V1;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;
using Grpc.Core;

namespace AiMesh.AiService.Tests.Usage;

/// <summary>I18: the audit of calls.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class CallsTests(AiFixture fixture)
{
    [Fact]
    public async Task Calls_AreListedNewestFirst_PageByPage()
    {
        var organisation = AiFixture.NewOrganisation();
        var caller = AiServiceHost.With(fixture.Token(organisation));
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Insert(0, (await SayAsync(caller, "Hello")).CallId);

        var listed = new List<string>();
        var request = new ListCallsRequest { PageSize = 2 };
        do
        {
            var page = await fixture.Service.Usage.ListCallsAsync(request, caller);
            Assert.InRange(page.Calls.Count, 1, 2);
            listed.AddRange(page.Calls.Select(c => c.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(ids, listed);
    }

    [Fact]
    public async Task Call_IsKeptWithHashesAndNeverWithTexts()
    {
        var organisation = AiFixture.NewOrganisation();
        var caller = AiServiceHost.With(fixture.Token(organisation));

        var answer = await SayAsync(caller, $"The secret word is xyzzy. {new Script { Text = "I keep plugh to myself.", Cached = 3, Reasoning = 2 }}");

        var call = Assert.Single((await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest(), caller)).Calls);
        Assert.Equal(("alice", "chat", "openai/sim-small", "OK"), (call.Subject, call.Operation, call.Model, call.Outcome));
        Assert.Equal(["openai: ok"], call.Attempts);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("I keep plugh to myself."u8)), call.AnswerSha256);
        Assert.Equal(64, call.PromptSha256.Length);
        Assert.Equal(answer.Usage, call.Usage);
        Assert.Equal(answer.Cost, call.Cost);
        Assert.Equal((3, 2), (call.Usage.CachedInputTokens, call.Usage.ReasoningTokens));
        foreach (var table in new[] { "calls", "ledger", "audit" })
        {
            var rows = string.Join('\n', await fixture.QueryAsync<string>($"select t::text from {table} t"));
            Assert.DoesNotContain("xyzzy", rows, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes("plugh")), rows, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00000000000000000000000000000001")]
    public async Task Calls_WithATokenOfNoList_NameTheField(string pageToken)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest { PageToken = pageToken }, fixture.Caller()));

        Assert.Equal(["page_token"], exception.Fields());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task Calls_WithAPageOfNoSize_NameTheField(int pageSize)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await fixture.Service.Usage.ListCallsAsync(new ListCallsRequest { PageSize = pageSize }, fixture.Caller()));

        Assert.Equal(["page_size"], exception.Fields());
    }

    private async Task<CompleteResponse> SayAsync(Metadata caller, string text) => await fixture.Service.Chat.CompleteAsync(
        new CompleteRequest { Model = "openai/sim-small", Messages = { new Message { Role = Message.Types.Role.User, Content = text } } }, caller);
}
