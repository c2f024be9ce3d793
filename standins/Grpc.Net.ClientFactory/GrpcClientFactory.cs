using System.Diagnostics.CodeAnalysis;

namespace Grpc.Net.ClientFactory;

/// <summary>Makes gRPC clients by the name they were registered under.</summary>
public abstract class GrpcClientFactory
{
    /// <summary>A new client over the channel of that name, which all clients of the name share.</summary>
    /// <exception cref="InvalidOperationException">Nothing is registered under that name, or it has no address.</exception>
    public abstract TClient CreateClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
        where TClient : class;
}
