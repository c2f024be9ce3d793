using Grpc.Core;

namespace Grpc.Net.ClientFactory;

/// <summary>A call whose options can still be changed.</summary>
public sealed class CallOptionsContext
{
    internal CallOptionsContext(CallOptions callOptions, IServiceProvider serviceProvider)
    {
        CallOptions = callOptions;
        ServiceProvider = serviceProvider;
    }

    /// <summary>The options; set them to change the call.</summary>
    public CallOptions CallOptions { get; set; }

    /// <summary>The services the client was made from: those of the current scope.</summary>
    public IServiceProvider ServiceProvider { get; }
}
