using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace AiMesh.Gateway.Tests.Problems;

[Trait("Level", "Server")]
public sealed class ProblemsTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private HttpClient SignedIn() => gateway.Client(gateway.Authority.Token("u", "o"));

    [Fact]
    public async Task StatusOfAService_BecomesAProblemThatNamesTheFields()
    {
        gateway.Service.Answers["/api/data/bad"] = (400, """
            {"code":3,"message":"filter: unknown field 'x'","details":[
              {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_FIELD","domain":"aimesh"},
              {"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"filter","description":"unknown field 'x'"}]}]}
            """);
        using var client = SignedIn();
        using var response = await client.GetAsync("/api/data/bad");
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>())!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("INVALID_FIELD", problem["reason"]!.GetValue<string>());
        Assert.Equal("filter: unknown field 'x'", problem["detail"]!.GetValue<string>());
        Assert.Equal("filter", problem["errors"]![0]!["field"]!.GetValue<string>());
        Assert.Equal("/api/data/bad", problem["instance"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"unexpected":true}""")]
    [InlineData("""{"code":"not a number"}""")]
    [InlineData("[1,2,3]")]
    [InlineData("")]
    public async Task AnythingElseFromAService_BecomesAProblemToo(string body)
    {
        gateway.Service.Answers["/api/data/odd"] = (500, body);
        using var client = SignedIn();
        using var response = await client.GetAsync("/api/data/odd");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(500, (await response.Content.ReadFromJsonAsync<JsonObject>())!["status"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("/api/data/datasets/refused/items")] // A route whose answers are kept where they are good.
    [InlineData("/api/data/datasets/refused/items/1")]
    [InlineData("/api/auth/refused")]
    public async Task Problem_LeavesTheConnectionUsable(string path)
    {
        // A connection that is closed after an answer costs the client the next request, where that can't be sent twice.
        gateway.Service.Answers[path] = (403, """{"code":7,"message":"no"}""");
        var connections = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Authority.Token("u", "o"));

        for (var i = 0; i < 3; i++)
        {
            using var response = await client.GetAsync(path);
            Assert.Equal((HttpStatusCode.Forbidden, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            await Task.Delay(200);
        }

        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task DeadService_Is502_AndSaysWhereToLook()
    {
        using var client = SignedIn();
        using var response = await client.GetAsync("/api/ai/models");
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("/health", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownPath_Is404_AlsoWithoutToken()
    {
        using var client = gateway.Client();
        using var response = await client.GetAsync("/no/such/thing");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("/docs", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooLargeBody_Is413()
    {
        using var client = SignedIn();
        using var content = new ByteArrayContent(new byte[11 * 1024 * 1024]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        client.DefaultRequestHeaders.ExpectContinue = true; // As curl does: hear the answer before the body is sent.
        using var response = await client.PostAsync("/api/data/datasets", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task RefusalOfAGrpcCall_IsAGrpcStatus()
    {
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/aimesh.data.v1.Items/ListItems")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("16", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Health_WithADeadService_Is503AndNamesIt()
    {
        using var client = gateway.Client();
        using var response = await client.GetAsync("/health");
        var checks = (await response.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("Unhealthy", checks["ai"]!["status"]!.GetValue<string>());
        Assert.Equal("Healthy", checks["data"]!["status"]!.GetValue<string>());
    }
}
