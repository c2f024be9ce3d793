using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.Mesh.Tests.Telemetry;

/// <summary>O2: one trace from the gateway to the data.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class TraceTests(MeshFixture mesh)
{
    [Fact]
    public async Task Ask_IsOneTrace_FromTheGatewayOverTheAiServiceToTheDatabase()
    {
        var traceId = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var clientSpan = RandomNumberGenerator.GetHexString(16, lowercase: true);
        using var client = await mesh.ClientAsync("member");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/ai/ask")
        {
            Content = new StringContent("""{"question":"How many movies are there?","datasets":["movies"]}""", Encoding.UTF8, "application/json"),
            Headers = { { "traceparent", $"00-{traceId}-{clientSpan}-01" } },
        };

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var spans = await mesh.Spans.OfTraceAsync(traceId, spans => IsWhole(spans, clientSpan));
        var listing = string.Join('\n', spans.Select(span => span.ToString()));
        Assert.True(IsWhole(spans, clientSpan), $"Spans without parents, or services missing:\n{listing}");

        var first = Assert.Single(spans, span => span.ParentId == clientSpan);
        Assert.Equal(("gateway", Span.Server), (first.Service, first.Kind));
        var query = Assert.Single(spans, span => span is { Service: "data", Kind: Span.Server } && span.Name.EndsWith("/QueryItems", StringComparison.Ordinal));
        Assert.Equal(["data", "ai", "gateway"], WayUp(spans, query).Select(span => span.Service).Distinct());

        // The statement that read the rows belongs to the call that asked for them.
        Assert.Contains(spans, span => span.Service == "data" && span != query && WayUp(spans, span).Contains(query));
    }

    // Exporters send when they like, so parents may come after their children.
    private static bool IsWhole(Span[] spans, string clientSpan) =>
        new[] { "gateway", "ai", "data" }.All(service => spans.Any(span => span.Service == service && span.Kind == Span.Server))
        && spans.All(span => span.ParentId == clientSpan || spans.Any(parent => parent.Id == span.ParentId));

    private static IEnumerable<Span> WayUp(Span[] spans, Span span)
    {
        for (var current = span; current is not null; current = spans.SingleOrDefault(parent => parent.Id == current.ParentId))
            yield return current;
    }
}
