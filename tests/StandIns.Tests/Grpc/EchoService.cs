using AiMesh.StandIns.Tests.Grpc.Echo;
using Grpc.Core;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Answers with what it was sent, late or with an error if asked to.</summary>
public sealed class EchoService : Echo.Echo.EchoBase
{
    public override async Task<EchoReply> Say(EchoRequest request, ServerCallContext context)
    {
        if (request.DelayMs > 0)
            await Task.Delay(request.DelayMs, context.CancellationToken);
        Fail(request, context);
        return new EchoReply { Text = request.Text, Payload = request.Payload };
    }

    public override async Task Repeat(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync(new Metadata { { "x-started", "yes" } });
        for (var index = 0; index < request.Count; index++)
        {
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Index = index }, context.CancellationToken);
            if (request.DelayMs > 0)
                await Task.Delay(request.DelayMs, context.CancellationToken);
        }

        Fail(request, context);
    }

    public override async Task<EchoReply> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
            texts.Add(request.Text);
        return new EchoReply { Text = string.Join(',', texts), Index = texts.Count };
    }

    public override async Task Chat(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        var index = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            Fail(request, context);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Index = index++ });
        }
    }

    private static void Fail(EchoRequest request, ServerCallContext context)
    {
        context.ResponseTrailers.Add("x-handler", nameof(EchoService));
        if (request.FailWith != 0)
            throw new RpcException(new Status((StatusCode)request.FailWith, request.Text), new Metadata { { "x-why", "asked" }, { "x-bytes-bin", [0, 1, 255] } });
    }
}
