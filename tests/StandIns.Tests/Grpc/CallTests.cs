using AiMesh.StandIns.Tests.Grpc.Echo;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace AiMesh.StandIns.Tests.Grpc;

public sealed class CallTests
{
    [Fact]
    public async Task Unary_WithAHandlerThatAnswers_GivesTheReplyAndTrailers()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { Text = "hello" });

        var reply = await call;

        Assert.Equal("hello", reply.Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(nameof(EchoService), call.GetTrailers().GetValue("X-Handler"));
    }

    [Fact]
    public async Task BlockingUnary_WithAHandlerThatAnswers_GivesTheReply()
    {
        await using var server = await StartAsync();

        Assert.Equal("hello", new Echo.Echo.EchoClient(server.Channel).Say(new EchoRequest { Text = "hello" }).Text);
    }

    [Fact]
    public async Task ServerStreaming_WithThreeReplies_GivesThemInOrderAfterTheHeaders()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).Repeat(new EchoRequest { Text = "a", Count = 3 });

        Assert.Equal("yes", (await call.ResponseHeadersAsync).GetValue("x-started"));
        var indexes = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            indexes.Add(reply.Index);

        Assert.Equal([0, 1, 2], indexes);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ClientStreaming_WithThreeRequests_GivesOneReply()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).Collect();
        foreach (var text in (string[])["a", "b", "c"])
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text });
        await call.RequestStream.CompleteAsync();

        Assert.Equal("a,b,c", (await call).Text);
    }

    [Fact]
    public async Task Duplex_WithRequestsAndRepliesInTurn_KeepsThePace()
    {
        await using var server = await StartAsync();
        using var call = new Echo.Echo.EchoClient(server.Channel).Chat();
        for (var index = 0; index < 5; index++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"m{index}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"m{index}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task Unary_WithAHandlerThatFails_ThrowsStatusAndTrailers()
    {
        await using var server = await StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { Text = "gone", FailWith = (int)StatusCode.NotFound }));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("gone", error.Status.Detail);
        Assert.Equal("asked", error.Trailers.GetValue("x-why"));
        Assert.Equal(new byte[] { 0, 1, 255 }, error.Trailers.GetValueBytes("x-bytes-bin"));
        Assert.Equal(nameof(EchoService), error.Trailers.GetValue("x-handler"));
    }

    [Fact]
    public async Task Unary_PastItsDeadline_ThrowsDeadlineExceeded()
    {
        await using var server = await StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Echo.Echo.EchoClient(server.Channel).SayAsync(new EchoRequest { DelayMs = 30_000 }, deadline: DateTime.UtcNow.AddMilliseconds(200)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    private static Task<GrpcServer> StartAsync() => GrpcServer.StartAsync(app => app.MapGrpcService<EchoService>());
}
