using System.Diagnostics;
using Grpc.Core.Interceptors;
using Grpc.Core.Internal;

namespace Grpc.Core;

/// <summary>Base of generated clients.</summary>
/// <typeparam name="T">The generated client.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>A client without a channel, for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client of another one's configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client over a channel.</summary>
    public ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client over an invoker.</summary>
    public ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client that asks for this host instead of the channel's own.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>Makes another client; implemented by generated code.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}

/// <summary>Base of generated clients, without their type.</summary>
[DebuggerDisplay("{CallInvoker}")]
public abstract class ClientBase
{
    /// <summary>A client without a channel, for test doubles.</summary>
    protected ClientBase()
        : this(new UnimplementedCallInvoker())
    {
    }

    /// <summary>A client of another one's configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        CallInvoker = configuration.CreateInvoker();
    }

    /// <summary>A client over a channel.</summary>
    public ClientBase(ChannelBase channel)
        : this(InvokerOf(channel))
    {
    }

    /// <summary>A client over an invoker.</summary>
    public ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>What the generated methods call through.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    private static CallInvoker InvokerOf(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker();
    }

    /// <summary>An invoker and a host; handed from client to client, never made by hand.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _invoker;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker invoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(invoker);
            _invoker = invoker;
            _host = host;
        }

        // Without a host nothing needs to change on the way, so the invoker serves as it is.
        internal CallInvoker CreateInvoker() => _host is null ? _invoker : _invoker.Intercept(new HostInterceptor(_host));

        internal ClientBaseConfiguration WithHost(string host)
        {
            ArgumentNullException.ThrowIfNull(host);
            return new(_invoker, host);
        }

        private sealed class HostInterceptor(string host) : ContextInterceptor
        {
            protected override ClientInterceptorContext<TRequest, TResponse> Change<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context) =>
                new(context.Method, host, context.Options);
        }
    }
}
