using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests;

/// <summary>Row J of the requirements: sign in, ask, see what it cost; devices stream in and raise alerts.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class MainJobTests(MeshFixture mesh)
{
    [Fact]
    public async Task Ask_AsMember_AnswersFromVisibleRowsWithCitationsAndCost()
    {
        using var client = await mesh.ClientAsync("member");
        var expected = (await AllItemsAsync(client, "movies", "major_genre = \"Western\"")).Count;

        var answer = (await client.PostAsync("/api/ai/ask", """{"question":"How many movies have the major genre Western?","datasets":["movies"]}""")).Ok();

        Assert.Contains(expected.ToString(CultureInfo.InvariantCulture), answer.Text("answer"), StringComparison.Ordinal);
        Assert.True(answer["answered"]!.GetValue<bool>());
        Assert.NotEmpty(answer.Array("citations"));
        Assert.All(answer.Array("citations"), citation => Assert.StartsWith("datasets/movies/items/", citation!.Text("name"), StringComparison.Ordinal));
        Assert.Equal("local/analyst", answer.Text("model"));
        Assert.True(long.Parse(answer["usage"]!.Text("inputTokens"), CultureInfo.InvariantCulture) > 0);
        Assert.Equal("USD", answer["cost"]!.Text("currencyCode"));
        Assert.True(decimal.TryParse(answer["cost"]!.Text("amount"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public async Task Ask_CitesRowsThatTheCallerCanRead()
    {
        using var client = await mesh.ClientAsync("viewer");
        var answer = (await client.PostAsync("/api/ai/ask", """{"question":"List the fund names","datasets":["surveys"]}""")).Ok();

        Assert.NotEmpty(answer.Array("citations"));
        foreach (var citation in answer.Array("citations"))
            Assert.Equal(HttpStatusCode.OK, (await client.FetchAsync($"/api/data/{citation!.Text("name")}")).Status);
    }

    [Fact]
    public async Task Ask_WithEventStream_StreamsTheSameAnswerPieceByPiece()
    {
        using var client = await mesh.ClientAsync("member");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/ai/ask")
        {
            Content = new StringContent("""{"question":"What is the average imdb rating per major genre?","datasets":["movies"]}""", null, "application/json"),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);

        var events = ServerSentEvent.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("started", events[0].Name);
        Assert.Equal("done", events[^1].Name);
        var done = JsonNode.Parse(events[^1].Data)!["done"]!;
        var joined = string.Concat(events.Where(item => item.Name == "delta").Select(item => JsonNode.Parse(item.Data)!.Text("delta")));
        Assert.True(events.Count(item => item.Name == "delta") > 1, "The answer came in one piece.");
        Assert.Equal(done.Text("answer"), joined);
    }

    [Fact]
    public async Task Usage_AfterAsking_CountsTheCall()
    {
        using var client = await mesh.ClientAsync("admin");
        var before = await CallsAsync(client);

        (await client.PostAsync("/api/ai/ask", """{"question":"How many movies are there?","datasets":["movies"]}""")).Ok();

        Assert.True(await CallsAsync(client) > before);
    }

    [Fact]
    public async Task Device_RegisteredAndStreaming_ShowsReadingsAndRaisesAnAlert()
    {
        using var client = await mesh.ClientAsync("admin");
        var id = $"press-{Guid.NewGuid():N}"[..20];
        var created = (await client.PostAsync("/api/iot/devices", $$"""{"deviceId":"{{id}}","device":{"displayName":"Press"} }""")).Ok();
        using var device = await mesh.ClientAsync(null);
        device.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Device {created.Text("credential")}");

        var start = DateTimeOffset.UtcNow.AddMinutes(-200);
        var readings = string.Join(',', Enumerable.Range(0, 200).Select(i => string.Create(
            CultureInfo.InvariantCulture, $$"""{"metric":"temperature","value":{{60 + Math.Sin(i)}},"time":"{{start.AddMinutes(i):O}}"}""")));
        var stored = (await device.PostAsync("/api/iot/ingest", $$"""{"deviceId":"{{id}}","requestId":"r1","readings":[{{readings}}]}""")).Ok();
        Assert.Equal(200, stored["accepted"]!.GetValue<int>());
        (await device.PostAsync("/api/iot/ingest", $$"""{"deviceId":"{{id}}","readings":[{"metric":"temperature","value":900}]}""")).Ok();

        var page = (await client.FetchAsync($"/api/iot/devices/{id}/readings?pageSize=10")).Ok();
        Assert.Equal(900, page.Array("readings")[0]!["value"]!.GetValue<double>());
        Assert.NotEmpty(page.Text("nextPageToken"));
        var alerts = (await client.FetchAsync($"/api/iot/alerts?device={id}")).Ok();
        Assert.Equal("temperature", Assert.Single(alerts.Array("alerts"))!.Text("metric"));

        var asked = (await client.PostAsync("/api/ai/ask", $$"""{"question":"What is the highest temperature?","datasets":["surveys"],"devices":["{{id}}"]}""")).Ok();
        Assert.Contains("900", asked.Text("answer"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_OfTheGateway_NamesEveryService()
    {
        using var client = await mesh.ClientAsync(null);
        var answer = await client.FetchAsync("/health");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        foreach (var service in new[] { "auth", "data", "ai", "iot" })
            Assert.Contains($"\"{service}\"", answer.Text, StringComparison.Ordinal);
    }

    internal static async Task<List<JsonNode>> AllItemsAsync(HttpClient client, string dataset, string filter)
    {
        var items = new List<JsonNode>();
        var token = "";
        do
        {
            var page = (await client.FetchAsync($"/api/data/datasets/{dataset}/items?pageSize=500&filter={Uri.EscapeDataString(filter)}&pageToken={Uri.EscapeDataString(token)}")).Ok();
            items.AddRange(page.Array("items").Select(item => item!));
            token = page.Text("nextPageToken");
        }
        while (token.Length > 0);
        return items;
    }

    private static async Task<long> CallsAsync(HttpClient client) =>
        long.Parse((await client.FetchAsync("/api/ai/usage")).Ok()["total"]!.Text("calls"), CultureInfo.InvariantCulture);
}
