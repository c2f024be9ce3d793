using System.Text;
using AiMesh.AiService.Tests.Hosting;
using AiMesh.ProviderSimulator;

namespace AiMesh.AiService.Tests.Ask.Events;

/// <summary>The event stream as browsers read it (https://html.spec.whatwg.org/multipage/server-sent-events.html).</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class AskEventsTests(AiFixture fixture)
{
    private static readonly object Question = new { question = "Who?", datasets = new[] { "movies" }, model = "openai/sim-small" };

    [Fact]
    public async Task Events_AreStartedDeltasAndDone()
    {
        fixture.Primary.State.Enqueue(new Script { Text = "Several [r1:title] lines\nwith ünicode 千 and \"quotes\" [r2]." });

        var events = await fixture.Service.AskEventsAsync(fixture.Token(), Question);

        Assert.Equal(["started", "delta", "done"], events.Select(e => e.Name).Distinct());
        Assert.Equal("started", events[0].Name);
        Assert.Equal("done", events[^1].Name);
        Assert.Equal("openai/sim-small", events[0].Data.GetProperty("started").GetProperty("model").GetString());
        Assert.Equal("Several [1] lines\nwith ünicode 千 and \"quotes\" [2].", events.Text());
        var done = events[^1].Data.GetProperty("done");
        Assert.Equal(events.Text(), done.GetProperty("answer").GetString());
        Assert.Equal(events[0].Data.GetProperty("started").GetProperty("callId").GetString(), done.GetProperty("callId").GetString());
        Assert.Equal(["answer", "citations", "model", "usage", "cost", "answered", "notices", "callId"], done.EnumerateObject().Select(p => p.Name));
        Assert.Equal(2, done.GetProperty("citations").GetArrayLength());
    }

    [Fact]
    public async Task Stream_IsOneLineOfDataAnEvent_AndNobodyMayKeepIt()
    {
        fixture.Primary.State.Enqueue(new Script { Text = "a\r\nb" });
        using var request = ServiceRequests.Question(fixture.Token(), Question, "text/event-stream");
        using var response = await fixture.Service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-cache, no-store", string.Join(", ", response.Headers.CacheControl!.ToString().Split(", ").Order()));
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
            Assert.Matches("^event: (started|delta|done)\ndata: \\{[^\n]*\\}$", block);
    }

    [Fact]
    public async Task Pieces_AreSentAsTheyCome()
    {
        fixture.Primary.State.Enqueue(new Script { HoldAfter = 3 });
        using var request = ServiceRequests.Question(fixture.Token(), Question, "text/event-stream");
        using var response = await fixture.Service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();

        // The provider is silent now, so whatever is here was not waited for.
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (received.ToString().Split("event: delta").Length < 4)
            received.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));

        Assert.DoesNotContain("event: done", received.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_IsFilledWithComments()
    {
        await using var service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Ask:Heartbeat", "00:00:00.1"));
        fixture.Primary.State.Enqueue(new Script { DelayMs = 700 });
        using var request = ServiceRequests.Question(fixture.Token(), Question, "text/event-stream");
        using var response = await service.Http.SendAsync(request);

        var text = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(": waiting\n\n", text, StringComparison.Ordinal);
        Assert.Contains("event: done", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_AfterAComment_IsAnEventAndBeforeItAStatus()
    {
        await using var service = await fixture.StartServiceAsync(new KeyValuePair<string, string?>("Ask:Heartbeat", "00:00:00.1"));
        fixture.Primary.State.Enqueue(new Script { DelayMs = 700, Status = 500 });

        var events = await service.AskEventsAsync(fixture.Token(), Question);

        Assert.Equal("NO_PROVIDER_ANSWERS", Assert.Single(events, e => e.Name == "error").Data.GetProperty("reason").GetString());

        fixture.Primary.State.Enqueue(new Script { Status = 500 });
        using var request = ServiceRequests.Question(fixture.Token(), Question, "text/event-stream");
        using var response = await fixture.Service.Http.SendAsync(request);
        Assert.Equal((503, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("*/*", "application/json")]
    [InlineData("application/json, text/event-stream;q=0", "application/json")]
    [InlineData("text/event-stream;q=0.5, */*;q=0.1", "text/event-stream")]
    public async Task Accept_DecidesBetweenJsonAndEvents(string accept, string type)
    {
        using var request = ServiceRequests.Question(fixture.Token(), Question, "text/plain");
        request.Headers.Accept.Clear();
        request.Headers.Accept.ParseAdd(accept);
        using var response = await fixture.Service.Http.SendAsync(request);

        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
    }
}
