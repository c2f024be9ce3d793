using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>The interceptors of a service around a method, built once. The first registered runs first.</summary>
internal sealed class InterceptorChain(IReadOnlyList<InterceptorRegistration> registrations)
{
    public UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in registrations.Reverse())
        {
            var next = method;
            var activatorType = ActivatorType(registration);
            method = (request, context) => RunAsync(registration, activatorType, context, interceptor => interceptor.UnaryServerHandler(request, context, next));
        }

        return method;
    }

    public ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in registrations.Reverse())
        {
            var next = method;
            var activatorType = ActivatorType(registration);
            method = (request, stream, context) => RunAsync(registration, activatorType, context, async interceptor =>
            {
                await interceptor.ServerStreamingServerHandler(request, stream, context, next);
                return true;
            });
        }

        return method;
    }

    private static Type ActivatorType(InterceptorRegistration registration) => typeof(IGrpcInterceptorActivator<>).MakeGenericType(registration.Type);

    private static async Task<T> RunAsync<T>(InterceptorRegistration registration, Type activatorType, ServerCallContext context, Func<Interceptor, Task<T>> run)
    {
        var services = context.GetHttpContext().RequestServices;
        var activator = (IGrpcInterceptorActivator)services.GetRequiredService(activatorType);
        var handle = activator.Create(services, registration);
        try
        {
            return await run(handle.Instance);
        }
        finally
        {
            await activator.ReleaseAsync(handle);
        }
    }
}
