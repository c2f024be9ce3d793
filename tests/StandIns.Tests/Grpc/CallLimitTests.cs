using System.IO.Compression;
using AiMesh.StandIns.Tests.Grpc.Echo;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Builder;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Cancellation, deadlines, credentials, compression and sizes over the real engines.</summary>
public sealed class CallLimitTests
{
    [Fact]
    public async Task Cancel_OfARunningStream_ReachesTheHandlerAndTheClient()
    {
        await using var server = await StartAsync();
        using var source = new CancellationTokenSource();
        using var call = new Echo.Echo.EchoClient(server.Channel).Repeat(new EchoRequest { Count = 100, DelayMs = 60_000 }, cancellationToken: source.Token);
        Assert.True(await call.ResponseStream.MoveNext());

        await source.CancelAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Fact]
    public async Task Dispose_OfARunningCall_CancelsIt()
    {
        await using var server = await StartAsync();
        var call = new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { DelayMs = 60_000 });

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }

    [Fact]
    public async Task Deadline_OfAStream_EndsIt()
    {
        await using var server = await StartAsync();
        var options = new CallOptions().WithDeadline(DateTime.UtcNow.AddSeconds(3));
        using var call = new Echo.Echo.EchoClient(server.Channel).Repeat(new EchoRequest { Count = 2, DelayMs = 60_000 }, options);
        Assert.True(await call.ResponseStream.MoveNext());

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task Failure_OfADuplexCall_ReachesTheReader()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).Chat();
        await call.RequestStream.WriteAsync(new EchoRequest { FailWith = (int)StatusCode.Aborted, Text = "stop" });

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal("stop", call.GetStatus().Detail);
        Assert.Equal("asked", call.GetTrailers().GetValue("x-why"));
    }

    [Fact]
    public async Task Status_OfARunningCall_CannotBeAsked()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { DelayMs = 60_000 });

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
    }

    [Fact]
    public async Task Credentials_OfChannelAndCall_BothAddTheirHeaders()
    {
        string? seen = null;
        await using var server = await GrpcServer.StartAsync(app =>
        {
            app.Use((context, next) =>
            {
                seen = $"{context.Request.Headers["x-channel"]} {context.Request.Headers["x-one"]} {context.Request.Headers["x-two"]}";
                return next();
            });
            app.MapGrpcService<EchoService>();
        });
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress, new GrpcChannelOptions
        {
            UnsafeUseInsecureChannelCallCredentials = true,
            Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, Header("x-channel", "c")),
        });
        var options = new CallOptions(credentials: CallCredentials.Compose(Header("x-one", "1"), Header("x-two", "2")));

        await new Echo.Echo.EchoClient(channel).SayAsync(new EchoRequest(), options);

        Assert.Equal("c 1 2", seen);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Compression_OfBothSides_GivesBackTheSameBytes(string encoding)
    {
        ICompressionProvider[] providers = [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)];
        string? requestEncoding = null;
        string? responseEncoding = null;
        await using var server = await GrpcServer.StartAsync(
            app =>
            {
                app.Use(async (context, next) =>
                {
                    requestEncoding = context.Request.Headers["grpc-encoding"];
                    await next();
                    responseEncoding = context.Response.Headers["grpc-encoding"];
                });
                app.MapGrpcService<EchoService>();
            },
            options: options =>
            {
                options.CompressionProviders = [.. providers];
                options.ResponseCompressionAlgorithm = encoding;
            });
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress, new GrpcChannelOptions { CompressionProviders = [.. providers] });
        var payload = ByteString.CopyFrom(new byte[100_000]);
        var headers = new Metadata { { "grpc-internal-encoding-request", encoding } };

        var reply = await new Echo.Echo.EchoClient(channel).SayAsync(new EchoRequest { Payload = payload }, headers);

        Assert.Equal(payload, reply.Payload);
        Assert.Equal(encoding, requestEncoding);
        Assert.Equal(encoding, responseEncoding);
    }

    [Fact]
    public async Task CompressionStreams_WhenClosed_LeaveTheInnerStreamOpen()
    {
        foreach (ICompressionProvider provider in (ICompressionProvider[])[new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)])
        {
            using var packed = new MemoryStream();
            await using (var stream = provider.CreateCompressionStream(packed, null))
                await stream.WriteAsync(new byte[10_000]);
            Assert.InRange(packed.Length, 1, 1000);
            packed.Position = 0;
            using var unpacked = new MemoryStream();
            await using (var stream = provider.CreateDecompressionStream(packed))
                await stream.CopyToAsync(unpacked);

            Assert.True(packed.CanRead);
            Assert.Equal(10_000, unpacked.Length);
        }
    }

    [Fact]
    public async Task Message_OfManyMegabytes_PassesWhenAllowedAndIsRefusedWhenNot()
    {
        const int Size = 20 * 1024 * 1024;
        await using var server = await GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>(), options: options => options.MaxReceiveMessageSize = Size + 1000);
        using var generous = GrpcChannel.ForAddress(server.GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = Size + 1000 });
        var payload = ByteString.CopyFrom(new byte[Size]);

        Assert.Equal(Size, (await new Echo.Echo.EchoClient(generous).SayAsync(new EchoRequest { Payload = payload })).Payload.Length);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { Payload = payload }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Calls_ManyAtOnce_AllEnd()
    {
        await using var server = await StartAsync();
        var client = new Echo.Echo.EchoClient(server.Channel);

        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(async index => (await client.SayAsync(new EchoRequest { Text = $"{index}" })).Text));

        Assert.Equal(Enumerable.Range(0, 500).Select(index => $"{index}"), replies);
    }

    private static CallCredentials Header(string name, string value) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add(name, value);
        return Task.CompletedTask;
    });

    private static Task<GrpcServer> StartAsync() => GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>());
}
