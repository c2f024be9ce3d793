namespace Grpc.Core;

/// <summary>Receives the methods of a service from generated code. A server overrides all of it.</summary>
public class ServiceBinderBase
{
    /// <summary>Adds a unary method; generated code passes null for the handler when it only describes the service.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotBound();

    /// <summary>Adds a client-streaming method; generated code passes null for the handler when it only describes the service.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotBound();

    /// <summary>Adds a server-streaming method; generated code passes null for the handler when it only describes the service.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotBound();

    /// <summary>Adds a duplex method; generated code passes null for the handler when it only describes the service.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotBound();

    private static NotSupportedException NotBound() => new("This binder does not take methods of this kind.");
}
