using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.Gateway.Tests.Routes;

/// <summary>A contract with one RPC of each kind, as protoc would generate it, under a name that the gateway routes to DataService.</summary>
[BindServiceMethod(typeof(FourCallsBase), nameof(Bind))]
internal abstract class FourCallsBase
{
    public static readonly Method<StringValue, StringValue> UnaryMethod = Define(MethodType.Unary, nameof(Unary));
    public static readonly Method<StringValue, StringValue> ServerStreamMethod = Define(MethodType.ServerStreaming, nameof(ServerStream));
    public static readonly Method<StringValue, StringValue> ClientStreamMethod = Define(MethodType.ClientStreaming, nameof(ClientStream));
    public static readonly Method<StringValue, StringValue> DuplexMethod = Define(MethodType.DuplexStreaming, nameof(Duplex));

    public static void Bind(ServiceBinderBase binder, FourCallsBase service)
    {
        binder.AddMethod(UnaryMethod, service is null ? null! : new UnaryServerMethod<StringValue, StringValue>(service.Unary));
        binder.AddMethod(ServerStreamMethod, service is null ? null! : new ServerStreamingServerMethod<StringValue, StringValue>(service.ServerStream));
        binder.AddMethod(ClientStreamMethod, service is null ? null! : new ClientStreamingServerMethod<StringValue, StringValue>(service.ClientStream));
        binder.AddMethod(DuplexMethod, service is null ? null! : new DuplexStreamingServerMethod<StringValue, StringValue>(service.Duplex));
    }

    public abstract Task<StringValue> Unary(StringValue request, ServerCallContext context);

    public abstract Task ServerStream(StringValue request, IServerStreamWriter<StringValue> answers, ServerCallContext context);

    public abstract Task<StringValue> ClientStream(IAsyncStreamReader<StringValue> requests, ServerCallContext context);

    public abstract Task Duplex(IAsyncStreamReader<StringValue> requests, IServerStreamWriter<StringValue> answers, ServerCallContext context);

    private static Method<StringValue, StringValue> Define(MethodType type, string name)
    {
        var marshaller = Marshallers.Create(static message => message.ToByteArray(), StringValue.Parser.ParseFrom);
        return new Method<StringValue, StringValue>(type, "aimesh.data.v1.FourCalls", name, marshaller, marshaller);
    }
}

internal sealed class FourCalls : FourCallsBase
{
    public override Task<StringValue> Unary(StringValue request, ServerCallContext context) => request.Value == "fail"
        ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "as asked"), new Metadata { { "x-trailer", "kept" } })
        : Task.FromResult(request);

    public override async Task ServerStream(StringValue request, IServerStreamWriter<StringValue> answers, ServerCallContext context)
    {
        for (var i = 0; i < 3; i++)
            await answers.WriteAsync(new StringValue { Value = $"{request.Value}{i}" });
    }

    public override async Task<StringValue> ClientStream(IAsyncStreamReader<StringValue> requests, ServerCallContext context)
    {
        var all = "";
        while (await requests.MoveNext(context.CancellationToken))
            all += requests.Current.Value;
        return new StringValue { Value = all };
    }

    /// <summary>Answers each message before it reads the next, so a gateway that buffers would hang.</summary>
    public override async Task Duplex(IAsyncStreamReader<StringValue> requests, IServerStreamWriter<StringValue> answers, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken))
            await answers.WriteAsync(requests.Current);
    }
}
