using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Sizes of bodies in JSON transcoding.</summary>
public sealed class TranscodingLimitTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_PastTheServicesLimit_IsRefused(bool chunked)
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers(), options => options.MaxReceiveMessageSize = 1000);
        using var small = await PutAsync(server, 900, chunked);
        using var large = await PutAsync(server, 1100, chunked);

        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, large.StatusCode);
        Assert.Equal(
            """{"code":8,"message":"Received message exceeds the maximum configured message size of 1000 bytes.","details":[]}""",
            await large.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_PastTheDefaultLimit_IsRefused()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers());
        using var response = await PutAsync(server, 4 * 1024 * 1024 + 1, chunked: false);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    [Fact]
    public async Task Body_PastTheServersLimit_IsRefused()
    {
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<LibraryHandlers>(),
            services =>
            {
                services.AddSingleton(new LibraryHandlers());
                services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 500);
            },
            grpc: builder => builder.AddJsonTranscoding());
        using var response = await PutAsync(server, 600, chunked: true);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    private static async Task<HttpResponseMessage> PutAsync(GrpcServer server, int size, bool chunked)
    {
        using var content = new StringContent("{\"title\":\"" + new string('x', size - 12) + "\"}", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/shelves/1/books/2") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        return await server.Http.SendAsync(request);
    }
}
