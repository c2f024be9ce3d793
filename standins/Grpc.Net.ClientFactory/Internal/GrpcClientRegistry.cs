using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Which names are gRPC clients, known while services are still being registered.</summary>
internal sealed class GrpcClientRegistry
{
    private readonly Dictionary<string, Type> _types = [];

    public static GrpcClientRegistry Of(IServiceCollection services)
    {
        var found = services.FirstOrDefault(service => service.ServiceType == typeof(GrpcClientRegistry));
        if (found?.ImplementationInstance is GrpcClientRegistry registry)
            return registry;
        registry = new GrpcClientRegistry();
        services.AddSingleton(registry);
        return registry;
    }

    public bool Contains(string name) => _types.ContainsKey(name);

    /// <summary>Two types under one name would share one set of options.</summary>
    public void Reserve(string name, Type type)
    {
        if (_types.TryGetValue(name, out var other) && other != type)
        {
            throw new InvalidOperationException(
                $"The gRPC client factory already has a registered client with the name '{name}', bound to the type '{other.FullName}'. " +
                "Use an overload of AddGrpcClient that takes a name to give each its own.");
        }

        _types[name] = type;
    }
}
