using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AiMesh.AiService.Tests.Hosting;

namespace AiMesh.AiService.Tests.Ask;

/// <summary>POST /api/ai/ask as the contract writes it: JSON in, JSON out.</summary>
[Collection(AiTests.Name)]
[Trait("Level", "Server")]
public sealed class AskTests(AiFixture fixture)
{
    [Fact]
    public async Task Ask_OverJson_AnswersInTheShapeOfTheContract()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/ai/ask")
        {
            Content = JsonContent.Create(new { question = "Which film has the highest worldwide gross?", datasets = new[] { "movies" }, model = "local/analyst" }),
            Headers = { { "Authorization", $"Bearer {fixture.Token()}" } },
        };

        using var response = await fixture.Service.Http.SendAsync(request);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        using var answer = JsonDocument.Parse(text);
        Assert.Equal(["answer", "citations", "model", "usage", "cost", "answered", "notices", "callId"], answer.RootElement.EnumerateObject().Select(p => p.Name));
    }
}
