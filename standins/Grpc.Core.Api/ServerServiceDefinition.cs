namespace Grpc.Core;

/// <summary>A service with its handlers, as generated code builds it.</summary>
public class ServerServiceDefinition
{
    private readonly List<Action<ServiceBinderBase>> _bindings;

    private ServerServiceDefinition(List<Action<ServiceBinderBase>> bindings) => _bindings = bindings;

    /// <summary>Starts a definition.</summary>
    public static Builder CreateBuilder() => new();

    /// <summary>Hands all methods to a binder.</summary>
    public void BindService(ServiceBinderBase serviceBinder)
    {
        foreach (var bind in _bindings)
            bind(serviceBinder);
    }

    /// <summary>Collects methods.</summary>
    public class Builder
    {
        private readonly HashSet<string> _names = [];
        private readonly List<Action<ServiceBinderBase>> _bindings = [];

        /// <summary>An empty builder.</summary>
        public Builder()
        {
        }

        /// <summary>Adds a unary method.</summary>
        /// <exception cref="ArgumentException">A method of that name was added already.</exception>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a client-streaming method.</summary>
        /// <exception cref="ArgumentException">A method of that name was added already.</exception>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a server-streaming method.</summary>
        /// <exception cref="ArgumentException">A method of that name was added already.</exception>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a duplex method.</summary>
        /// <exception cref="ArgumentException">A method of that name was added already.</exception>
        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>The definition of all methods added so far.</summary>
        public ServerServiceDefinition Build() => new([.. _bindings]);

        private Builder Add(IMethod method, Action<ServiceBinderBase> binding)
        {
            if (!_names.Add(method.FullName))
                throw new ArgumentException($"The method {method.FullName} was added already.");
            _bindings.Add(binding);
            return this;
        }
    }
}
