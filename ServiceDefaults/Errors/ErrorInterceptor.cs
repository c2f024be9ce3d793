using System.Diagnostics;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>Outermost: whatever ends an RPC leaves as a status that tells the caller what it may know, and nothing else.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            var call = continuation(request, context);
            return call.IsCompletedSuccessfully ? call : Guard(call, context);
        }
        catch (Exception exception)
        {
            return Task.FromException<TResponse>(Translate(exception, context));
        }
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return Guard(continuation(requestStream, context), context);
        }
        catch (Exception exception)
        {
            return Task.FromException<TResponse>(Translate(exception, context));
        }
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return Guard(continuation(request, responseStream, context), context);
        }
        catch (Exception exception)
        {
            return Task.FromException(Translate(exception, context));
        }
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return Guard(continuation(requestStream, responseStream, context), context);
        }
        catch (Exception exception)
        {
            return Task.FromException(Translate(exception, context));
        }
    }

    private async Task<TResponse> Guard<TResponse>(Task<TResponse> call, ServerCallContext context)
    {
        try
        {
            return await call;
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    private async Task Guard(Task call, ServerCallContext context)
    {
        try
        {
            await call;
        }
        catch (Exception exception)
        {
            throw Translate(exception, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        if (ErrorTranslation.TryTranslate(exception, context) is { } known) return known;

        var traceId = Activity.Current?.TraceId.ToHexString() ?? context.GetHttpContext().TraceIdentifier;
        Activity.Current?.SetStatus(ActivityStatusCode.Error);
        Log.Failed(logger, context.Method, traceId, exception);
        return new InternalError(traceId).ToRpcException();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} failed unexpectedly; the caller was told trace id {TraceId}")]
        public static partial void Failed(ILogger logger, string method, string traceId, Exception exception);
    }
}
