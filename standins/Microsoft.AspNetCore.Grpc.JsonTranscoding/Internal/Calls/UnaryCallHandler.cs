using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>One request, one response.</summary>
internal sealed class UnaryCallHandler<TRequest, TResponse>(
    IMethod method, UnaryServerMethod<TRequest, TResponse> invoke, RequestReader requests, ResponseWriter responses, bool showErrors, ILogger logger)
    : CallHandler(method, requests, responses, showErrors, logger)
    where TRequest : class
    where TResponse : class
{
    protected override bool IsStream => false;

    protected override async Task RunAsync(IMessage request, TranscodingCallContext context)
    {
        var response = await invoke((TRequest)request, context);
        ThrowIfFailed(context);
        if (response is not IMessage message)
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        await Responses.WriteAsync(context.Http.Response, message, context.CancellationToken);
    }
}
