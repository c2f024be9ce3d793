using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>How long an interceptor lives.</summary>
public enum InterceptorScope
{
    /// <summary>Made once with the channel and shared by all its clients.</summary>
    Channel,

    /// <summary>Made anew with every client, from the services of its scope.</summary>
    Client,
}

/// <summary>An interceptor of the clients of one name.</summary>
public class InterceptorRegistration
{
    /// <summary>An interceptor of this scope, made by this function.</summary>
    public InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
    {
        ArgumentNullException.ThrowIfNull(creator);
        Scope = scope;
        Creator = creator;
    }

    /// <summary>How long it lives.</summary>
    public InterceptorScope Scope { get; }

    /// <summary>Makes it.</summary>
    public Func<IServiceProvider, Interceptor> Creator { get; }
}
