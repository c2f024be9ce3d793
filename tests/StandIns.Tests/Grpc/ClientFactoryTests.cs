using AiMesh.StandIns.Tests.Grpc.Echo;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using EchoClient = AiMesh.StandIns.Tests.Grpc.Echo.Echo.EchoClient;

namespace AiMesh.StandIns.Tests.Grpc;

public sealed class ClientFactoryTests
{
    [Fact]
    public async Task CreateClient_Twice_GivesTwoClientsOverOneChannel()
    {
        await using var server = await StartAsync();
        var services = new ServiceCollection();
        var channels = 0;
        services.AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress).ConfigureChannel(_ => channels++);
        await using var provider = services.BuildServiceProvider();

        var first = provider.GetRequiredService<EchoClient>();
        var second = provider.GetRequiredService<EchoClient>();

        Assert.NotSame(first, second);
        Assert.Equal("a", (await first.SayAsync(new EchoRequest { Text = "a" })).Text);
        Assert.Equal("b", (await second.SayAsync(new EchoRequest { Text = "b" })).Text);
        Assert.Equal(1, channels);
    }

    [Fact]
    public void CreateClient_FromManyThreads_MakesOneChannel()
    {
        var services = new ServiceCollection();
        var channels = 0;
        services.AddGrpcClient<EchoClient>(options => options.Address = new Uri("http://localhost")).ConfigureChannel(_ =>
        {
            Interlocked.Increment(ref channels);
            Thread.Sleep(50);
        });
        using var provider = services.BuildServiceProvider();

        Parallel.For(0, 20, _ => provider.GetRequiredService<EchoClient>());

        Assert.Equal(1, channels);
    }

    [Fact]
    public async Task CreateClient_ByName_GoesToTheAddressOfThatName()
    {
        await using var one = await GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>());
        await using var two = await GrpcServer.StartAsync(app => app.MapGet("/", () => "no gRPC service here"));
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>("one", options => options.Address = one.GrpcAddress);
        services.AddGrpcClient<EchoClient>("two", (_, options) => options.Address = two.GrpcAddress);
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<GrpcClientFactory>();

        Assert.Equal("a", (await factory.CreateClient<EchoClient>("one").SayAsync(new EchoRequest { Text = "a" })).Text);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await factory.CreateClient<EchoClient>("two").SayAsync(new EchoRequest()));
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task Address_OfANameThatAHandlerResolves_ReachesTheServer()
    {
        await using var server = await StartAsync();
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>(options => options.Address = new Uri("http://_grpc.echo"))
            .ConfigurePrimaryHttpMessageHandler(static (handler, _) => ((SocketsHttpHandler)handler).Properties["__GrpcLoadBalancingDisabled"] = true)
            .AddHttpMessageHandler(() => new ResolvingHandler("_grpc.echo", server.GrpcAddress));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<EchoClient>();

        Assert.Equal("a", (await client.SayAsync(new EchoRequest { Text = "a" })).Text);
        using var chat = client.Chat();
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "b" });
        Assert.True(await chat.ResponseStream.MoveNext());
        Assert.Equal("b", chat.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task PrimaryHandler_ByDefault_OpensMoreConnectionsAndRotatesThemAtTheHandlersLifetime()
    {
        await using var server = await StartAsync();
        SocketsHttpHandler? primary = null;
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress)
            .SetHandlerLifetime(TimeSpan.FromMinutes(7))
            .ConfigurePrimaryHttpMessageHandler((handler, _) => primary = (SocketsHttpHandler)handler);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<EchoClient>().SayAsync(new EchoRequest());

        Assert.True(primary!.EnableMultipleHttp2Connections);
        Assert.Equal(TimeSpan.FromMinutes(7), primary.PooledConnectionLifetime);
        Assert.Equal(TimeSpan.FromSeconds(60), primary.KeepAlivePingDelay);
    }

    [Fact]
    public async Task Client_AfterItsHandlersLifetime_KeepsWorking()
    {
        await using var server = await StartAsync();
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress).SetHandlerLifetime(TimeSpan.FromSeconds(1));
        await using var provider = services.BuildServiceProvider();
        using var chat = provider.GetRequiredService<EchoClient>().Chat();
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "before" });
        Assert.True(await chat.ResponseStream.MoveNext());

        await Task.Delay(TimeSpan.FromSeconds(1.5));
        GC.Collect();

        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "after" });
        Assert.True(await chat.ResponseStream.MoveNext());
        Assert.Equal("new", (await provider.GetRequiredService<EchoClient>().SayAsync(new EchoRequest { Text = "new" })).Text);
    }

    [Fact]
    public async Task Interceptors_OfBothScopes_LiveAsLongAsTheirScope()
    {
        await using var server = await StartAsync();
        var services = new ServiceCollection();
        services.AddScoped<ScopeMark>();
        services.AddScoped<MarkingInterceptor>();
        var shared = 0;
        services.AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress)
            .AddInterceptor(() => { shared++; return new PassingInterceptor(); })
            .AddInterceptor<MarkingInterceptor>(InterceptorScope.Client);
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        for (var index = 0; index < 3; index++)
        {
            await using var scope = provider.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<EchoClient>().SayAsync(new EchoRequest());
            Assert.Equal(1, scope.ServiceProvider.GetRequiredService<ScopeMark>().Calls);
        }

        Assert.Equal(1, shared);
    }

    [Fact]
    public async Task CallCredentials_WithAnInsecureChannelAllowed_AddTheirHeaderToEveryCall()
    {
        string? seen = null;
        await using var server = await StartAsync(app => app.Use((context, next) =>
        {
            seen = context.Request.Headers.Authorization;
            return next();
        }));
        var services = new ServiceCollection();
        services.AddScoped<ScopeMark>();
        services.AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress)
            .AddCallCredentials((context, metadata, source) =>
            {
                metadata.Add("authorization", $"Bearer {context.MethodName} {source.GetRequiredService<ScopeMark>().Name}");
                return Task.CompletedTask;
            })
            .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await using var scope = provider.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeMark>().Name = "alice";

        await scope.ServiceProvider.GetRequiredService<EchoClient>().SayAsync(new EchoRequest());

        Assert.Equal("Bearer Say alice", seen);
    }

    [Fact]
    public void CallCredentials_OnCleartext_AreRefused()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>(options => options.Address = new Uri("http://localhost")).AddCallCredentials((_, _) => Task.CompletedTask);
        using var provider = services.BuildServiceProvider();

        Assert.Contains("requires TLS", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<EchoClient>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpClientSettings_OfAddressAndHeaders_AreCarriedOver()
    {
        string? seen = null;
        await using var server = await StartAsync(app => app.Use((context, next) =>
        {
            seen = context.Request.Headers["x-default"];
            return next();
        }));
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>().ConfigureHttpClient(http =>
        {
            http.BaseAddress = server.GrpcAddress;
            http.DefaultRequestHeaders.Add("X-Default", "default");
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<EchoClient>();

        await client.SayAsync(new EchoRequest());
        Assert.Equal("default", seen);
        await client.SayAsync(new EchoRequest(), new Metadata { { "x-default", "own" } });
        Assert.Equal("own", seen);
    }

    [Fact]
    public void CreateClient_WithoutAnAddress_TellsHowToSetOne()
    {
        using var provider = new ServiceCollection().AddGrpcClient<EchoClient>().Services.BuildServiceProvider();

        Assert.Contains("Set an address", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<EchoClient>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateClient_OfAnUnknownType_TellsTheName()
    {
        using var provider = new ServiceCollection().AddGrpcClient<EchoClient>().Services.BuildServiceProvider();

        Assert.Contains("'other'", Assert.Throws<InvalidOperationException>(() =>
            provider.GetRequiredService<GrpcClientFactory>().CreateClient<OtherClient>("other")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddGrpcClient_OfTwoTypesUnderOneName_IsRefused()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<EchoClient>("name");

        Assert.Throws<InvalidOperationException>(() => services.AddGrpcClient<OtherClient>("name"));
    }

    [Fact]
    public void AddInterceptor_OnAPlainHttpClient_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddHttpClient("plain").AddInterceptor(() => new PassingInterceptor()));

    [Fact]
    public async Task ClientCreator_WhenConfigured_MakesTheClients()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<OtherClient>(options => options.Address = new Uri("http://localhost")).ConfigureGrpcClientCreator(invoker => new OtherClient(invoker, "made"));
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("made", provider.GetRequiredService<OtherClient>().How);
    }

    [Fact]
    public async Task Dispose_OfTheServices_EndsTheChannel()
    {
        await using var server = await StartAsync();
        var provider = new ServiceCollection().AddGrpcClient<EchoClient>(options => options.Address = server.GrpcAddress).Services.BuildServiceProvider();
        var client = provider.GetRequiredService<EchoClient>();
        await client.SayAsync(new EchoRequest());

        await provider.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => { using var call = client.SayAsync(new EchoRequest()); });
    }

    private static Task<GrpcServer> StartAsync(Action<WebApplication>? before = null) => GrpcServer.StartAsync(app =>
    {
        before?.Invoke(app);
        app.MapGrpcService<EchoService>();
    });

    private sealed class ScopeMark
    {
        public int Calls { get; set; }

        public string Name { get; set; } = "";
    }

    private sealed class PassingInterceptor : Interceptor;

    private sealed class MarkingInterceptor(ScopeMark mark) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            mark.Calls++;
            return continuation(request, context);
        }
    }

    private sealed class OtherClient(CallInvoker invoker, string how = "by constructor")
    {
        public CallInvoker Invoker => invoker;

        public string How => how;
    }

    private sealed class ResolvingHandler(string name, Uri address) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal(name, request.RequestUri!.Host);
            request.RequestUri = new Uri(address, request.RequestUri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
