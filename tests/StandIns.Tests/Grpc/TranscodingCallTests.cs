using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AiMesh.StandIns.Tests.Grpc.Library;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Errors, streams, limits and the context of calls in JSON transcoding.</summary>
public sealed class TranscodingCallTests
{
    [Theory]
    [InlineData(StatusCode.Cancelled, 408)]
    [InlineData(StatusCode.Unknown, 500)]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.AlreadyExists, 409)]
    [InlineData(StatusCode.PermissionDenied, 403)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.Aborted, 409)]
    [InlineData(StatusCode.OutOfRange, 400)]
    [InlineData(StatusCode.Unimplemented, 501)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DataLoss, 500)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    public async Task Error_OfEveryCode_HasItsHttpStatus(StatusCode code, int expected)
    {
        await using var server = await StartAsync(new Handlers { Get = (_, _) => throw new RpcException(new Status(code, "Because.")) });
        using var response = await server.Http.GetAsync("/v1/books/a");

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal($$"""{"code":{{(int)code}},"message":"Because.","details":[]}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Error_WithDetails_BringsThoseThatAreKnown()
    {
        var details = new RpcStatus
        {
            Code = (int)StatusCode.NotFound,
            Message = "From the details.",
            Details =
            {
                Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "name" } } }),
                Any.Pack(new RetryInfo { RetryDelay = new Duration { Seconds = 1 } }),
                Any.Pack(new Author { FullName = "known by registration" }),
                Any.Pack(new Echo.EchoReply { Text = "unknown" }),
                new Any { TypeUrl = "type.googleapis.com/google.rpc.BadRequest", Value = ByteString.CopyFrom(255, 255) },
            },
        };
        await using var server = await StartAsync(
            new Handlers { Get = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "ignored"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } }) },
            json: options => options.TypeRegistry = TypeRegistry.FromMessages(Author.Descriptor));
        using var response = await server.Http.GetAsync("/v1/books/a");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(
            """{"code":5,"message":"From the details.","details":["""
            + """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"name","description":""}]},"""
            + """{"@type":"type.googleapis.com/test.library.Author","fullName":"known by registration","born":0}]}""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Error_WithDetailsThatAreBroken_StillGoesOut()
    {
        await using var server = await StartAsync(new Handlers
        {
            Get = (_, context) =>
            {
                context.ResponseTrailers.Add("grpc-status-details-bin", [255]);
                throw new RpcException(new Status(StatusCode.NotFound, "Gone."));
            },
        });

        Assert.Equal("""{"code":5,"message":"Gone.","details":[]}""", await GetTextAsync(server, "/v1/books/a", HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData(false, "Exception was thrown by handler.")]
    [InlineData(true, "Exception was thrown by handler. InvalidOperationException: secret")]
    public async Task Exception_OfAHandler_IsShownOnlyOnRequest(bool detailed, string expected)
    {
        await using var server = await StartAsync(
            new Handlers { Get = (_, _) => throw new InvalidOperationException("secret") },
            options => options.EnableDetailedErrors = detailed);

        Assert.Equal($$"""{"code":2,"message":"{{expected}}","details":[]}""", await GetTextAsync(server, "/v1/books/a", HttpStatusCode.InternalServerError));
    }

    [Fact]
    public async Task Status_SetInsteadOfThrown_EndsTheCall()
    {
        await using var server = await StartAsync(new Handlers
        {
            Get = (_, context) =>
            {
                context.Status = new Status(StatusCode.FailedPrecondition, "Not now.");
                return Task.FromResult(new Book());
            },
        });

        Assert.Equal("""{"code":9,"message":"Not now.","details":[]}""", await GetTextAsync(server, "/v1/books/a", HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Response_OfNull_IsCancelled()
    {
        await using var server = await StartAsync(new Handlers { Get = (_, _) => Task.FromResult<Book>(null!) });

        await GetTextAsync(server, "/v1/books/a", HttpStatusCode.RequestTimeout);
    }

    [Fact]
    public async Task Response_ThatCannotBeWritten_IsAnErrorAndNotHalfAMessage()
    {
        await using var server = await StartAsync(new Handlers
        {
            Get = (_, _) => Task.FromResult(new Book { Title = "begins well", Published = new Timestamp { Seconds = long.MaxValue } }),
        });

        Assert.Equal("""{"code":2,"message":"Exception was thrown by handler.","details":[]}""", await GetTextAsync(server, "/v1/books/a", HttpStatusCode.InternalServerError));
    }

    [Fact]
    public async Task Method_ThatIsNotOverridden_IsUnimplemented()
    {
        await using var server = await StartAsync(new Handlers());

        await GetTextAsync(server, "/v1/titles", HttpStatusCode.NotImplemented);
    }

    [Fact]
    public async Task Context_OfACall_TellsWhatTheRequestWas()
    {
        ServerCallContext? seen = null;
        await using var server = await StartAsync(new Handlers
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
                Assert.NotNull(context.GetHttpContext().GetEndpoint()?.Metadata.GetMetadata<MarkAttribute>());
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
        await using var server = await StartAsync(new Handlers());
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor.Name == "GetBook").ToArray();

        Assert.Equal(["/v1/{name=shelves/*/books/*}", "/v1/books/{name}"], endpoints.Select(endpoint => endpoint.RoutePattern.RawText));
        Assert.Equal(["/v1/{name=shelves/*/books/*}", "/v1/books/{name}"], endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()!.HttpRule.Get));
        Assert.All(endpoints, endpoint => Assert.Equal(typeof(Handlers), endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType));
    }

    [Fact]
    public async Task Response_OfOneMessage_HasALength()
    {
        await using var server = await StartAsync(new Handlers { Get = (_, _) => Task.FromResult(new Book { Title = new string('x', 100_000) }) });
        using var response = await server.Http.GetAsync("/v1/books/a", HttpCompletionOption.ResponseHeadersRead);

        Assert.True(response.Content.Headers.ContentLength > 100_000);
        Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Stream_OfMessages_IsALineEachAsTheyCome()
    {
        var next = new TaskCompletionSource();
        await using var server = await StartAsync(new Handlers
        {
            Watch = async (_, stream, _) =>
            {
                await stream.WriteAsync(new Book { Title = "a\nb" });
                await next.Task;
                await stream.WriteAsync(new Book { Title = "second" });
            },
        }, json: options => options.JsonSettings = new() { IgnoreDefaultValues = true, WriteIndented = true });
        using var response = await server.Http.GetAsync("/v1/shelves/1/books:watch", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("""{"title":"a\nb"}""", await reader.ReadLineAsync());
        next.SetResult();
        Assert.Equal("""{"title":"second"}""", await reader.ReadLineAsync());
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Stream_ThatFailsHalfWay_EndsWithTheErrorAsALine()
    {
        await using var server = await StartAsync(new Handlers
        {
            Watch = async (_, stream, _) =>
            {
                await stream.WriteAsync(new Book { Title = "a" });
                throw new RpcException(new Status(StatusCode.Unavailable, "Half way."));
            },
        }, json: options => options.JsonSettings.IgnoreDefaultValues = true);

        Assert.Equal("{\"title\":\"a\"}\n{\"code\":14,\"message\":\"Half way.\"}\n", await GetTextAsync(server, "/v1/shelves/1/books:watch", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Stream_ThatFailsAtOnce_HasTheErrorsStatus()
    {
        await using var server = await StartAsync(new Handlers { Watch = (_, _, _) => throw new RpcException(new Status(StatusCode.Unavailable, "Down.")) });

        Assert.Equal("{\"code\":14,\"message\":\"Down.\",\"details\":[]}\n", await GetTextAsync(server, "/v1/shelves/1/books:watch", HttpStatusCode.ServiceUnavailable));
    }

    [Fact]
    public async Task Stream_OfNothing_IsEmpty()
    {
        await using var server = await StartAsync(new Handlers { Watch = (_, _, _) => Task.CompletedTask });

        Assert.Equal("", await GetTextAsync(server, "/v1/shelves/1/books:watch", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Stream_WrittenToByTwoAtOnceOrTooLate_Refuses()
    {
        IServerStreamWriter<Book>? kept = null;
        var refused = 0;
        await using var server = await StartAsync(new Handlers
        {
            Watch = async (_, stream, _) =>
            {
                kept = stream;
                var writes = Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
                {
                    try
                    {
                        await stream.WriteAsync(new Book { Title = new string('x', 1_000_000) });
                    }
                    catch (InvalidOperationException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                }));
                await Task.WhenAll(writes);
            },
        });

        await GetTextAsync(server, "/v1/shelves/1/books:watch", HttpStatusCode.OK);

        Assert.True(refused > 0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept!.WriteAsync(new Book()));
    }

    [Fact]
    public async Task Client_ThatGoesAway_CancelsTheCall()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await StartAsync(new Handlers
        {
            Watch = async (_, stream, context) =>
            {
                using var registration = context.CancellationToken.Register(cancelled.SetResult);
                await stream.WriteAsync(new Book());
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            },
        });
        using (var response = await server.Http.GetAsync("/v1/shelves/1/books:watch", HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_PastTheServicesLimit_IsRefused(bool chunked)
    {
        await using var server = await StartAsync(new Handlers(), options => options.MaxReceiveMessageSize = 1000);
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
        await using var server = await StartAsync(new Handlers());
        using var response = await PutAsync(server, 4 * 1024 * 1024 + 1, chunked: false);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    [Fact]
    public async Task Body_PastTheServersLimit_IsRefused()
    {
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<Handlers>(),
            services =>
            {
                services.AddSingleton(new Handlers());
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

    private static async Task<string> GetTextAsync(GrpcServer server, string path, HttpStatusCode expected)
    {
        using var response = await server.Http.GetAsync(path);
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<GrpcServer> StartAsync(Handlers handlers, Action<GrpcServiceOptions>? options = null, Action<GrpcJsonTranscodingOptions>? json = null) => GrpcServer.StartAsync(
        app => app.MapGrpcService<Handlers>(),
        services => services.AddSingleton(handlers),
        options,
        builder => builder.AddJsonTranscoding(json ?? (_ => { })));

    [AttributeUsage(AttributeTargets.Class)]
    private sealed class MarkAttribute : Attribute;

    [Mark]
    private sealed class Handlers : Library.Library.LibraryBase
    {
        public Func<GetBookRequest, ServerCallContext, Task<Book>>? Get { get; init; }

        public Func<ListBooksRequest, IServerStreamWriter<Book>, ServerCallContext, Task>? Watch { get; init; }

        public override Task<Book> GetBook(GetBookRequest request, ServerCallContext context) => Get!(request, context);

        public override Task<Book> ReplaceBook(Book request, ServerCallContext context) => Task.FromResult(new Book());

        public override Task WatchBooks(ListBooksRequest request, IServerStreamWriter<Book> responseStream, ServerCallContext context) => Watch!(request, responseStream, context);
    }
}
