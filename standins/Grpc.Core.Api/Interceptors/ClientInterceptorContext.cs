namespace Grpc.Core.Interceptors;

/// <summary>A client call on its way through interceptors.</summary>
public struct ClientInterceptorContext<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>A call of these parts.</summary>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The host, or null for the channel's own.</summary>
    public string? Host { get; }

    /// <summary>Headers, deadline and the like.</summary>
    public CallOptions Options { get; }
}
