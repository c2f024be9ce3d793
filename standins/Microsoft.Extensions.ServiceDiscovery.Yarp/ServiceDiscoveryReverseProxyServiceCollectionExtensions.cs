using Microsoft.Extensions.ServiceDiscovery.Yarp;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Service discovery for YARP.</summary>
public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    /// <summary>Resolves the host of every destination: one destination in the configuration becomes one per endpoint of the service.</summary>
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddServiceDiscoveryCore();
        builder.Services.AddSingleton<IDestinationResolver, ServiceDiscoveryDestinationResolver>();
        return builder;
    }

    /// <summary>Adds the forwarder for direct use, with service discovery in its clients.</summary>
    public static IServiceCollection AddHttpForwarderWithServiceDiscovery(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHttpForwarder().AddServiceDiscoveryForwarderFactory();
    }

    /// <summary>Makes the clients of all clusters resolve the host of each request.</summary>
    public static IServiceCollection AddServiceDiscoveryForwarderFactory(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddServiceDiscoveryCore();
        services.AddSingleton<IForwarderHttpClientFactory, ServiceDiscoveryForwarderHttpClientFactory>();
        return services;
    }
}
