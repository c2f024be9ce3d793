using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AiMesh.StandIns.Tests.Grpc.Library;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>What handlers and middleware see of a call in JSON transcoding.</summary>
public sealed class TranscodingCallTests
{
    [Fact]
    public async Task Context_OfACall_TellsWhatTheRequestWas()
    {
        ServerCallContext? seen = null;
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
        {
            Get = async (_, context) =>
            {
                seen = context;
                Assert.Equal("/test.library.Library/GetBook", context.Method);
                Assert.Equal("bearer x", context.RequestHeaders.GetValue("authorization"));
                Assert.Equal(new byte[] { 1, 2 }, context.RequestHeaders.GetValueBytes("x-mark-bin"));
                Assert.Null(context.RequestHeaders.Get("host"));
                Assert.StartsWith("ipv4:127.0.0.1:", context.Peer, StringComparison.Ordinal);
                Assert.Equal(DateTime.MaxValue, context.Deadline);
                Assert.False(context.AuthContext.IsPeerAuthenticated);
                Assert.Same(context, context.GetHttpContext().Features.Get<IServerCallContextFeature>()?.ServerCallContext);
                Assert.NotNull(context.GetHttpContext().GetEndpoint()?.Metadata.GetMetadata<LibraryHandlers.MarkAttribute>());
                context.UserState["key"] = "value";
                Assert.Equal("value", context.GetHttpContext().Items["key"]);
                await context.WriteResponseHeadersAsync(new Metadata { { "x-answer", "42" }, { "x-answer-bin", [1] } });
                await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
                return new Book { Title = "fine" };
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/books/a") { Headers = { { "Authorization", "bearer x" }, { "X-Mark-Bin", "AQI" } } };
        using var response = await server.Http.SendAsync(request);

        Assert.Equal("fine", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("title").GetString());
        Assert.Equal("42", response.Headers.GetValues("x-answer").Single());
        Assert.Equal("AQ==", response.Headers.GetValues("x-answer-bin").Single());
        Assert.NotNull(seen);
    }

    [Fact]
    public async Task Endpoint_OfABinding_CarriesItsRule()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers());
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor.Name == "GetBook").ToArray();

        Assert.Equal(["/v1/{name=shelves/*/books/*}", "/v1/books/{name}"], endpoints.Select(endpoint => endpoint.RoutePattern.RawText));
        Assert.Equal(["/v1/{name=shelves/*/books/*}", "/v1/books/{name}"], endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()!.HttpRule.Get));
        Assert.All(endpoints, endpoint => Assert.Equal(typeof(LibraryHandlers), endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType));
    }

    [Fact]
    public async Task Response_OfOneMessage_HasALength()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers { Get = (_, _) => Task.FromResult(new Book { Title = new string('x', 100_000) }) });
        using var response = await server.Http.GetAsync("/v1/books/a", HttpCompletionOption.ResponseHeadersRead);

        Assert.True(response.Content.Headers.ContentLength > 100_000);
        Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task ServiceAndInterceptor_AfterACall_AreDisposedOf()
    {
        Disposed.Names.Clear();
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<Disposed>(),
            options: options => options.Interceptors.Add<Disposed.Watcher>(),
            grpc: builder => builder.AddJsonTranscoding());

        await server.Http.GetTextAsync("/v1/books/a", HttpStatusCode.OK);

        Assert.Equal(["service", "interceptor"], Disposed.Names);
    }

    private sealed class Disposed : Library.Library.LibraryBase, IDisposable
    {
        public static List<string> Names { get; } = [];

        public override Task<Book> GetBook(GetBookRequest request, ServerCallContext context) => Task.FromResult(new Book());

        public void Dispose() => Names.Add("service");

        public sealed class Watcher : Interceptor, IDisposable
        {
            public void Dispose() => Names.Add("interceptor");
        }
    }
}
