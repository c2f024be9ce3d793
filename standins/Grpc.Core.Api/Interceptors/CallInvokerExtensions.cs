namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors around an invoker.</summary>
public static class CallInvokerExtensions
{
    /// <summary>An invoker that runs the interceptor first.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptingCallInvoker(invoker, interceptor);
    }

    /// <summary>An invoker that runs the interceptors in the order given.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptors);
        return interceptors.Reverse().Aggregate(invoker, Intercept);
    }

    /// <summary>An invoker that passes the headers of each call through a function.</summary>
    public static CallInvoker Intercept(this CallInvoker invoker, Func<Metadata, Metadata> interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return invoker.Intercept(new HeadersInterceptor(interceptor));
    }

    private sealed class HeadersInterceptor(Func<Metadata, Metadata> change) : ContextInterceptor
    {
        protected override ClientInterceptorContext<TRequest, TResponse> Change<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context) =>
            new(context.Method, context.Host, context.Options.WithHeaders(change(context.Options.Headers ?? [])));
    }
}
