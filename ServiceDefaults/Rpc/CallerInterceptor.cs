using AiMesh.ServiceDefaults.Identity;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Rpc;

/// <summary>
/// Calls to a peer are made for the caller at hand: with the caller's own token, from the caller's address, and no longer than the caller waits. The peer
/// verifies the token again. Outside of a request nothing is added.
/// </summary>
internal sealed class CallerInterceptor(IHttpContextAccessor accessor) : Interceptor
{
    private const string Authorization = "authorization";

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, ForCaller(context));

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, ForCaller(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, ForCaller(context));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(ForCaller(context));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(ForCaller(context));

    private ClientInterceptorContext<TRequest, TResponse> ForCaller<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        if (accessor.HttpContext is not { } httpContext) return context;

        var options = context.Options;
        options = options.WithHeaders(HeadersOf(options.Headers, httpContext));
        var call = httpContext.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
        if (call is not null && call.Deadline < (options.Deadline ?? DateTime.MaxValue)) options = options.WithDeadline(call.Deadline);

        // A token of the code's own was made from the call's, or deliberately not.
        if (!options.CancellationToken.CanBeCanceled) options = options.WithCancellationToken(call?.CancellationToken ?? httpContext.RequestAborted);
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }

    private static Metadata HeadersOf(Metadata? own, HttpContext httpContext)
    {
        var headers = new Metadata();
        foreach (var entry in own ?? []) headers.Add(entry);

        // Code that names a credential itself knows better.
        if (httpContext.Request.Headers.Authorization is [{ Length: > 0 } token] && headers.Get(Authorization) is null) headers.Add(Authorization, token);
        if (CallerAddress.Of(httpContext) is { } address && headers.Get(CallerAddress.Header) is null) headers.Add(CallerAddress.Header, address.ToString());
        return headers;
    }
}
