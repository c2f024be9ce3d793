using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>Holds every RPC to what its contract declares, before its body runs.</summary>
internal sealed partial class PermissionInterceptor(AccessRules rules, ILogger<PermissionInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context, request as IMessage);
        return continuation(request, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context, request: null);
        return continuation(requestStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context, request as IMessage);
        return continuation(request, responseStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context, request: null);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(ServerCallContext context, IMessage? request)
    {
        var rule = rules.Find(context.Method);
        if (rule is null)
        {
            // The start-up check lets nothing through that gets here; should it ever, nobody may call.
            Log.Undeclared(logger, context.Method);
            throw new PermissionDenied(context.Method).ToRpcException();
        }

        var httpContext = context.GetHttpContext();
        var error = rule.Requirement.Check(httpContext.GetPrincipal(), httpContext, request);
        if (error is null && rule.IsPlanned) error = new Planned(context.Method);
        if (error is not null) throw error.ToRpcException();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} declares no access and is refused")]
        public static partial void Undeclared(ILogger logger, string method);
    }
}
