using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace AiMesh.Gateway.Tests.Routes;

/// <summary>One trace through the gateway, whether anybody records it or not (O2).</summary>
[Trait("Level", "Server")]
public sealed class TraceParentTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientSpan = "b7ad6b7169203331";

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Request_KeepsItsTrace_AsAChildOfTheGateway(string traces)
    {
        await using var gateway = await GatewayFixture.StartAsync([$"Mesh:Telemetry:Traces={traces}"]);
        using var client = gateway.Client(gateway.Authority.Token());
        client.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-{ClientSpan}-01");
        client.DefaultRequestHeaders.Add("tracestate", "vendor=1");

        var headers = await HeadersAtTheServiceAsync(client);
        using var refused = await client.GetAsync("/api/nowhere");

        Assert.True(ActivityContext.TryParse(headers["traceparent"], null, out var parent));
        Assert.Equal(TraceId, parent.TraceId.ToHexString());
        Assert.NotEqual(ClientSpan, parent.SpanId.ToHexString());
        Assert.Equal("vendor=1", headers["tracestate"]);
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal(TraceId, problem.RootElement.GetProperty("traceId").GetString());
    }

    [Fact]
    public async Task RequestWithoutATrace_BeginsOne()
    {
        await using var gateway = await GatewayFixture.StartAsync([]);
        using var client = gateway.Client(gateway.Authority.Token());

        Assert.True(ActivityContext.TryParse((await HeadersAtTheServiceAsync(client))["traceparent"], null, out _));
    }

    private static async Task<Dictionary<string, string>> HeadersAtTheServiceAsync(HttpClient client) =>
        new((await client.GetFromJsonAsync<Dictionary<string, string>>("/api/data/anything"))!, StringComparer.OrdinalIgnoreCase);
}
