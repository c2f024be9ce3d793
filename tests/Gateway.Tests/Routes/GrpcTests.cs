using System.Globalization;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.Gateway.Tests.Routes;

/// <summary>All four kinds of gRPC calls pass through, with their messages as they come and their trailers.</summary>
[Trait("Level", "Server")]
public sealed class GrpcTests : IAsyncLifetime
{
    private WebApplication _service = null!;
    private GatewayFixture _gateway = null!;
    private GrpcChannel _channel = null!;
    private CallInvoker _calls = null!;
    private CallOptions _options;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        var port = FreePort.Next();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        _service = builder.Build();
        _service.MapGrpcService<FourCalls>();
        await _service.StartAsync();

        _gateway = await GatewayFixture.StartAsync([string.Create(CultureInfo.InvariantCulture, $"services:data:grpc:0=http://127.0.0.1:{port}")]);
        _channel = GrpcChannel.ForAddress(_gateway.Address);
        _calls = _channel.CreateCallInvoker();
        _options = new CallOptions(new Metadata { { "authorization", $"Bearer {_gateway.Authority.Token("u", "o")}" } }, DateTime.UtcNow.AddSeconds(20));
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Unary_Passes()
    {
        using var call = _calls.AsyncUnaryCall(FourCallsBase.UnaryMethod, null, _options, Text("a"));
        Assert.Equal("a", (await call.ResponseAsync).Value);
    }

    [Fact]
    public async Task Status_AndTrailers_Pass()
    {
        using var call = _calls.AsyncUnaryCall(FourCallsBase.UnaryMethod, null, _options, Text("fail"));
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        Assert.Equal("as asked", failure.Status.Detail);
        Assert.Equal("kept", failure.Trailers.GetValue("x-trailer"));
    }

    [Fact]
    public async Task ServerStream_Passes()
    {
        using var call = _calls.AsyncServerStreamingCall(FourCallsBase.ServerStreamMethod, null, _options, Text("a"));
        var seen = new List<string>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            seen.Add(call.ResponseStream.Current.Value);
        Assert.Equal(["a0", "a1", "a2"], seen);
    }

    [Fact]
    public async Task ClientStream_Passes()
    {
        using var call = _calls.AsyncClientStreamingCall(FourCallsBase.ClientStreamMethod, null, _options);
        foreach (var text in new[] { "a", "b", "c" })
            await call.RequestStream.WriteAsync(Text(text));
        await call.RequestStream.CompleteAsync();
        Assert.Equal("abc", (await call.ResponseAsync).Value);
    }

    [Fact]
    public async Task Duplex_Passes_MessageByMessage()
    {
        using var call = _calls.AsyncDuplexStreamingCall(FourCallsBase.DuplexMethod, null, _options);
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(Text(text));
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(text, call.ResponseStream.Current.Value);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task DeadService_IsUnavailable()
    {
        using var call = _calls.AsyncUnaryCall(new Method<StringValue, StringValue>(MethodType.Unary, "aimesh.ai.v1.Chat", "Complete", FourCallsBase.UnaryMethod.RequestMarshaller, FourCallsBase.UnaryMethod.ResponseMarshaller), null, _options, Text("a"));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    private static StringValue Text(string text) => new() { Value = text };
}
