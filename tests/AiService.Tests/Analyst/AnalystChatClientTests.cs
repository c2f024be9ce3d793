using AiMesh.AiService.Analyst;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Tests.Analyst;

public sealed class AnalystChatClientTests : IDisposable
{
    private readonly AnalystChatClient _client = new(TimeProvider.System);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Stream_InPieces_JoinsToTheWholeAnswerWithUsageLast()
    {
        ChatMessage[] messages = [new(ChatRole.System, "Answer."), new(ChatRole.User, Movie.Block(Movie.All)), new(ChatRole.User, "how many movies per genre")];

        var updates = await _client.GetStreamingResponseAsync(messages).ToListAsync();
        var whole = await _client.GetResponseAsync(messages);

        Assert.True(updates.Count > 5);
        Assert.Equal(whole.Text, string.Concat(updates.Select(u => u.Text)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        var usage = Assert.Single(updates[^1].Contents.OfType<UsageContent>()).Details;
        Assert.True(usage.InputTokenCount > 1000 && usage.OutputTokenCount > 20);
    }

    [Fact]
    public async Task Answer_ToWhatIsNotInTheData_CarriesTheMarkerOnlyWhereAskedFor()
    {
        ChatMessage question = new(ChatRole.User, Movie.Block(Movie.All) + "\nWho won the most awards?");

        var plain = await _client.GetResponseAsync([question]);
        var marked = await _client.GetResponseAsync([new(ChatRole.System, $"Begin with {Markers.NoAnswer} if the data holds no answer."), question]);

        Assert.DoesNotContain(Markers.NoAnswer, plain.Text, StringComparison.Ordinal);
        Assert.StartsWith(Markers.NoAnswer, marked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_WithoutRows_SaysWhatItIsFor()
    {
        var response = await _client.GetResponseAsync([new(ChatRole.User, "Write me a poem")]);

        Assert.Contains("rows", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_BeyondTheLimit_EndsWithLength()
    {
        ChatMessage[] messages = [new(ChatRole.User, Movie.Block(Movie.All) + "\nlist all movies")];

        var response = await _client.GetResponseAsync(messages, new ChatOptions { MaxOutputTokens = 10 });

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(40, response.Text.Length);
    }

    [Fact]
    public async Task Stream_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        ChatMessage[] messages = [new(ChatRole.User, Movie.Block(Movie.All) + "\nlist all movies")];

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _client.GetStreamingResponseAsync(messages, null, source.Token))
                await source.CancelAsync();
        });
    }

    [Fact]
    public async Task Summary_OfPlainText_QuotesItsSentences()
    {
        const string Text = "The pump failed on Monday. The failure of the pump was caused by a worn bearing. Lunch was late. "
            + "Maintenance replaced the bearing of the pump on Tuesday. The pump has run without failure since the bearing was replaced. Somebody whistled.";

        var response = await _client.GetResponseAsync([new(ChatRole.User, "Summarise this report:\n" + Text)]);

        Assert.Contains("worn bearing", response.Text, StringComparison.Ordinal);
        Assert.All(response.Text.Split(". "), sentence => Assert.Contains(sentence.TrimEnd('.'), Text, StringComparison.Ordinal));
        Assert.DoesNotContain("whistled", response.Text, StringComparison.Ordinal);
    }
}
