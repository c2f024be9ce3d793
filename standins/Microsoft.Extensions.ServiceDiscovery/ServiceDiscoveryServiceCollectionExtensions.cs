using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.ServiceDiscovery.Configuration;
using Microsoft.Extensions.ServiceDiscovery.Http;
using Microsoft.Extensions.ServiceDiscovery.Internal;
using Microsoft.Extensions.ServiceDiscovery.PassThrough;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds service discovery.</summary>
public static class ServiceDiscoveryServiceCollectionExtensions
{
    /// <summary>Adds service discovery that looks into configuration, and takes what is not there for a host name.</summary>
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services)
        => services.AddServiceDiscovery(static _ => { });

    /// <summary>As <see cref="AddServiceDiscovery(IServiceCollection)"/>, with options.</summary>
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services, Action<ServiceDiscoveryOptions> configureOptions)
        => services
            .AddServiceDiscoveryCore(configureOptions)
            .AddConfigurationServiceEndpointProvider()
            .AddPassThroughServiceEndpointProvider();

    /// <summary>Adds service discovery without a provider.</summary>
    public static IServiceCollection AddServiceDiscoveryCore(this IServiceCollection services)
        => services.AddServiceDiscoveryCore(static _ => { });

    /// <summary>Adds service discovery without a provider, with options.</summary>
    public static IServiceCollection AddServiceDiscoveryCore(this IServiceCollection services, Action<ServiceDiscoveryOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configureOptions);

        services.AddOptions();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServiceEndpointWatcherFactory>();
        services.TryAddSingleton<HttpServiceResolver>();
        services.TryAddSingleton<IServiceDiscoveryHttpMessageHandlerFactory, ServiceDiscoveryHttpMessageHandlerFactory>();
        services.TryAddSingleton(static provider => new ServiceEndpointResolver(provider.GetRequiredService<ServiceEndpointWatcherFactory>()));
        services.AddOptions<ServiceDiscoveryOptions>()
            .Configure(configureOptions)
            .Validate(static options => options.AllowedSchemes is not null, "At least one allowed scheme must be specified.")
            .Validate(static options => options.RefreshPeriod > TimeSpan.Zero, "RefreshPeriod must be positive.");
        return services;
    }

    /// <summary>Adds the provider that reads endpoints from the section <c>Services</c>.</summary>
    public static IServiceCollection AddConfigurationServiceEndpointProvider(this IServiceCollection services)
        => services.AddConfigurationServiceEndpointProvider(static _ => { });

    /// <summary>Adds the provider that reads endpoints from configuration, with options.</summary>
    public static IServiceCollection AddConfigurationServiceEndpointProvider(
        this IServiceCollection services,
        Action<ConfigurationServiceEndpointProviderOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configureOptions);

        services.AddServiceDiscoveryCore();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, ConfigurationServiceEndpointProviderFactory>());
        services.AddOptions<ConfigurationServiceEndpointProviderOptions>()
            .Configure(configureOptions)
            .Validate(static options => !string.IsNullOrWhiteSpace(options.SectionName), "SectionName must not be null or empty.")
            .Validate(static options => options.ShouldApplyHostNameMetadata is not null, "ShouldApplyHostNameMetadata must not be null.");
        return services;
    }

    /// <summary>Adds the provider that takes a name nobody else resolved for a host name.</summary>
    public static IServiceCollection AddPassThroughServiceEndpointProvider(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddServiceDiscoveryCore();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, PassThroughServiceEndpointProviderFactory>());
        return services;
    }
}
