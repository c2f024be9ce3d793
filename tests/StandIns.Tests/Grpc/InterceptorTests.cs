using AiMesh.StandIns.Tests.Grpc.Echo;
using AiMesh.StandIns.Tests.Grpc.Library;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Trace = System.Collections.Generic.List<string>;

namespace AiMesh.StandIns.Tests.Grpc;

public sealed class InterceptorTests
{
    [Fact]
    public async Task Server_OverGrpcAndJson_RunsTheSameInterceptorsInTheSameOrder()
    {
        var trace = new Trace();
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<LibraryService>(),
            services =>
            {
                services.AddSingleton(trace);
                services.AddScoped<ScopedThing>();
            },
            options => options.Interceptors.Add<TracingInterceptor>("all"),
            grpc => grpc.AddJsonTranscoding().AddServiceOptions<LibraryService>(options => options.Interceptors.Add<TracingInterceptor>("own")));
        string[] expected = ["all before", "own before", "own after", "all after"];

        await new Library.Library.LibraryClient(server.Channel).GetBookAsync(new GetBookRequest { Name = "a" });
        Assert.Equal(expected, trace);
        trace.Clear();
        await server.Http.GetStringAsync("/v1/books/a");
        Assert.Equal(expected, trace);
        trace.Clear();
        await server.Http.GetStringAsync("/v1/shelves/1/books:watch?page_size=1");
        Assert.Equal(["all stream", "own stream"], trace);
    }

    [Fact]
    public async Task Server_OverJson_LetsAnInterceptorRefuse()
    {
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<LibraryService>(),
            options: options => options.Interceptors.Add<RefusingInterceptor>(),
            grpc: grpc => grpc.AddJsonTranscoding());
        using var response = await server.Http.GetAsync("/v1/books/a");

        Assert.Equal("""{"code":7,"message":"Not you.","details":[]}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(403, (int)response.StatusCode);
    }

    [Fact]
    public async Task Server_OfAllCallTypes_RunsTheirHandlers()
    {
        var trace = new Trace();
        await using var server = await GrpcServer.StartAsync(
            app => app.MapGrpcService<EchoService>(),
            services =>
            {
                services.AddSingleton(trace);
                services.AddScoped<ScopedThing>();
            },
            options => options.Interceptors.Add<TracingInterceptor>("all"));

        await CallAllAsync(new Echo.Echo.EchoClient(server.Channel));

        Assert.Equal(["all before", "all after", "all stream", "all client", "all duplex"], trace);
    }

    [Fact]
    public async Task Client_OfAllCallTypes_RunsInterceptorsInTheOrderGiven()
    {
        var trace = new Trace();
        await using var server = await GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>());
        var invoker = server.Channel.Intercept(new ClientTrace("first", trace), new ClientTrace("second", trace));
        var client = new Echo.Echo.EchoClient(invoker);

        Assert.Equal("x", client.Say(new EchoRequest { Text = "x" }).Text);
        await CallAllAsync(client);

        string[] kinds = ["blocking", "unary", "server", "client", "duplex"];
        Assert.Equal(kinds.SelectMany(kind => (string[])[$"first {kind}", $"second {kind}"]), trace);
    }

    [Fact]
    public async Task Client_WithAHeaderFunction_ChangesTheHeadersOfAllCallTypes()
    {
        var seen = new List<string?>();
        await using var server = await GrpcServer.StartAsync(app =>
        {
            app.Use((context, next) =>
            {
                seen.Add(context.Request.Headers["x-added"]);
                return next();
            });
            app.MapGrpcService<EchoService>();
        });
        var client = new Echo.Echo.EchoClient(server.Channel.Intercept(headers =>
        {
            headers.Add("x-added", "yes");
            return headers;
        }));

        await CallAllAsync(client);

        Assert.Equal(["yes", "yes", "yes", "yes"], seen);
    }

    [Fact]
    public async Task WithHost_OnAClient_ReachesInterceptors()
    {
        await using var server = await GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>());
        string? host = null;
        var invoker = server.Channel.Intercept(new HostProbe(value => host = value));

        await new Echo.Echo.EchoClient(invoker).WithHost("other.example").SayAsync(new EchoRequest());

        Assert.Equal("other.example", host);
    }

    [Fact]
    public void Client_WithoutAChannel_TellsSo() =>
        Assert.Throws<NotSupportedException>(() => { using var call = new ClientDouble().SayAsync(new EchoRequest()); });

    private static async Task CallAllAsync(Echo.Echo.EchoClient client)
    {
        await client.SayAsync(new EchoRequest());
        using var repeat = client.Repeat(new EchoRequest { Count = 1 });
        await foreach (var reply in repeat.ResponseStream.ReadAllAsync())
            Assert.Equal(0, reply.Index);
        using var collect = client.Collect();
        await collect.RequestStream.CompleteAsync();
        await collect;
        using var chat = client.Chat();
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext());
    }

    private sealed class ClientDouble : Echo.Echo.EchoClient;

    private sealed class ScopedThing;

    private sealed class TracingInterceptor(string name, Trace trace, ScopedThing thing) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Assert.Same(context.GetHttpContext().RequestServices.GetRequiredService<ScopedThing>(), thing);
            trace.Add(name + " before");
            var response = await continuation(request, context);
            trace.Add(name + " after");
            return response;
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            trace.Add(name + " stream");
            return continuation(request, responseStream, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            trace.Add(name + " client");
            return continuation(requestStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            trace.Add(name + " duplex");
            return continuation(requestStream, responseStream, context);
        }
    }

    private sealed class RefusingInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.PermissionDenied, "Not you."));
    }

    private sealed class HostProbe(Action<string?> tell) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            tell(context.Host);
            return continuation(request, context);
        }
    }

    private sealed class ClientTrace(string name, Trace trace) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            trace.Add(name + " blocking");
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            trace.Add(name + " unary");
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            trace.Add(name + " server");
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            trace.Add(name + " client");
            return continuation(context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            trace.Add(name + " duplex");
            return continuation(context);
        }
    }
}
