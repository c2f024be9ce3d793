using Grpc.Core;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>How the clients of one name are made.</summary>
public class GrpcClientFactoryOptions
{
    /// <summary>Address of the server. Kept as it is, so that a handler may resolve names such as <c>http://_grpc.auth</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>Run on the channel's options before the channel is made.</summary>
    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>Run on the options of every call.</summary>
    public IList<Action<CallOptionsContext>> CallOptionsActions { get; } = [];

    /// <summary>Interceptors in the order they run.</summary>
    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];

    /// <summary>Makes a client, if its constructor over a <see cref="CallInvoker"/> is not to be used.</summary>
    public Func<CallInvoker, object>? Creator { get; set; }

    internal bool HasCallCredentials { get; set; }
}
