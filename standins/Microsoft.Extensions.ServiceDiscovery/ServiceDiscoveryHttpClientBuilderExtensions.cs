using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.ServiceDiscovery.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Service discovery for HTTP clients.</summary>
public static class ServiceDiscoveryHttpClientBuilderExtensions
{
    /// <summary>
    /// Resolves the host of every request of the client (<c>https+http://auth</c>, <c>http://_grpc.auth</c>). Providers come
    /// from <see cref="ServiceDiscoveryServiceCollectionExtensions.AddServiceDiscovery(IServiceCollection)"/>.
    /// </summary>
    public static IHttpClientBuilder AddServiceDiscovery(this IHttpClientBuilder httpClientBuilder)
    {
        ArgumentNullException.ThrowIfNull(httpClientBuilder);

        var services = httpClientBuilder.Services;
        services.AddServiceDiscoveryCore();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, DisableGrpcLoadBalancingFilter>());
        services.Configure<DisableGrpcLoadBalancingFilter.Clients>(clients => clients.Names.Add(httpClientBuilder.Name));
        return httpClientBuilder.AddHttpMessageHandler(
            static provider => new ResolvingHttpDelegatingHandler(provider.GetRequiredService<HttpServiceResolver>()));
    }
}
