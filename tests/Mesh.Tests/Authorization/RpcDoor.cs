using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>
/// gRPC without generated stubs. On the wire all four kinds of calls look the same, so each is made as a stream of one request whose
/// answers are read to the end.
/// </summary>
internal sealed record RpcDoor(ContractCall Call, string Name, GrpcChannel Channel) : Door(Call, Name)
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    protected override async Task<Outcome> SendAsync(JsonObject request, Caller caller, CancellationToken cancellationToken)
    {
        var message = Parser.Parse(request.ToJsonString(), Call.Method.InputType).ToByteArray();
        var headers = new Metadata();
        if (caller.Header is not null)
            headers.Add(caller.Header, caller.Value!);
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, Call.Method.Service.FullName, Call.Method.Name, Bytes, Bytes);
        using var call = Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, host: null, new CallOptions(headers, cancellationToken: cancellationToken));

        var body = new StringBuilder();
        try
        {
            await WriteAsync(call.RequestStream, message, cancellationToken);
            while (await call.ResponseStream.MoveNext(cancellationToken))
                body.Append(Encoding.Latin1.GetString(call.ResponseStream.Current));
            return new Outcome(StatusCode.OK, "", body.ToString());
        }
        catch (RpcException exception)
        {
            if (cancellationToken.IsCancellationRequested)
                return Outcome.Open with { Body = body.ToString() };
            return new Outcome(exception.StatusCode, exception.Status.Detail, body + string.Concat(exception.Trailers.Select(TextOf)));
        }
    }

    /// <summary>Whoever is refused at the door cannot finish the sentence; the reason comes with the answer.</summary>
    private static async Task WriteAsync(IClientStreamWriter<byte[]> requests, byte[] message, CancellationToken cancellationToken)
    {
        try
        {
            await requests.WriteAsync(message, cancellationToken);
            await requests.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or HttpProtocolException)
        {
            Assert.False(cancellationToken.IsCancellationRequested, $"Sending took too long: {exception.Message}");
        }
    }

    private static string TextOf(Metadata.Entry entry) => entry.IsBinary ? Encoding.Latin1.GetString(entry.ValueBytes) : entry.Value;
}
