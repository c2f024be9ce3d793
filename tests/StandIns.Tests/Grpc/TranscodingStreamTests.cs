using System.Net;
using AiMesh.StandIns.Tests.Grpc.Library;
using Grpc.Core;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Server-streaming methods over JSON.</summary>
public sealed class TranscodingStreamTests
{
    [Fact]
    public async Task Stream_OfMessages_IsALineEachAsTheyCome()
    {
        var next = new TaskCompletionSource();
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
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
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
        {
            Watch = async (_, stream, _) =>
            {
                await stream.WriteAsync(new Book { Title = "a" });
                throw new RpcException(new Status(StatusCode.Unavailable, "Half way."));
            },
        }, json: options => options.JsonSettings.IgnoreDefaultValues = true);

        Assert.Equal("{\"title\":\"a\"}\n{\"code\":14,\"message\":\"Half way.\"}\n", await server.Http.GetTextAsync("/v1/shelves/1/books:watch", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Stream_ThatFailsAtOnce_HasTheErrorsStatus()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers { Watch = (_, _, _) => throw new RpcException(new Status(StatusCode.Unavailable, "Down.")) });

        Assert.Equal("{\"code\":14,\"message\":\"Down.\",\"details\":[]}\n", await server.Http.GetTextAsync("/v1/shelves/1/books:watch", HttpStatusCode.ServiceUnavailable));
    }

    [Fact]
    public async Task Stream_OfNothing_IsEmpty()
    {
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers { Watch = (_, _, _) => Task.CompletedTask });

        Assert.Equal("", await server.Http.GetTextAsync("/v1/shelves/1/books:watch", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Stream_WrittenToByTwoAtOnceOrTooLate_Refuses()
    {
        IServerStreamWriter<Book>? kept = null;
        var refused = 0;
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
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

        await server.Http.GetTextAsync("/v1/shelves/1/books:watch", HttpStatusCode.OK);

        Assert.True(refused > 0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept!.WriteAsync(new Book()));
    }

    [Fact]
    public async Task Client_ThatGoesAway_CancelsTheCall()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await LibraryHandlers.StartAsync(new LibraryHandlers
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
}
