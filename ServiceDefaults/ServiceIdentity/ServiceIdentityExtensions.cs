using AiMesh.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.Hosting;

/// <summary>The identity of services: mutual TLS with certificates of the mesh CA.</summary>
public static class ServiceIdentityExtensions
{
    /// <summary>Reads the service's certificate, follows its renewals, and lets clients show it. Part of the service defaults; doing it again does nothing.</summary>
    public static TBuilder AddServiceIdentity<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.Any(static service => service.ServiceType == typeof(MeshConnector))) return builder;

        services.AddOptions<MeshCertificateOptions>().BindConfiguration(MeshCertificateOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshCertificateOptions>, MeshCertificateOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<MeshCertificateStore>();
        services.AddSingleton<MeshTls>();
        services.AddSingleton(static provider => new MeshConnector(provider.GetRequiredService<IOptions<MeshCertificateOptions>>(), provider));
        services.AddHostedService<MeshCertificateWatch>();
        services.AddHealthChecks().AddCheck<CertificateHealthCheck>("certificate");

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, ProbeListener>());
        services.Configure<KestrelServerOptions>(ProbeListener.Listen);

        // "https+http" is what addresses say that hold in both modes. Plain HTTP must not be what is left when no TLS endpoint is found.
        services.AddOptions<ServiceDiscoveryOptions>().Configure<MeshConnector>(static (discovery, connector) =>
        {
            if (!connector.IsMutual) return;
            discovery.AllowAllSchemes = false;
            discovery.AllowedSchemes = ["https"];
        });
        return builder;
    }

    /// <summary>Demands the certificate of a mesh peer at every endpoint of the host but that for probes. Part of <c>AddMeshRpc</c>.</summary>
    public static TBuilder AddMeshListeners<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>, MeshListeners>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, PeerGate>());
        return builder;
    }

    /// <summary>
    /// Makes an HTTP client show this service's certificate and talk to one service of the mesh only. Its addresses may say
    /// <c>https+http://data</c>, which is TLS wherever mutual TLS is not switched off.
    /// </summary>
    /// <param name="builder">A client that is used for this service alone.</param>
    /// <param name="service">The service, for example "data".</param>
    public static IHttpClientBuilder UseMeshIdentity(this IHttpClientBuilder builder, string service)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        return builder.UseMeshIdentity(_ => service);
    }

    internal static IHttpClientBuilder UseMeshIdentity(this IHttpClientBuilder builder, Func<IServiceProvider, string> service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseSocketsHttpHandler((handler, services) =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(2);

            // Many RPCs share one connection; when its other end vanishes without a word, only pings find out.
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            services.GetRequiredService<MeshConnector>().Configure(handler, service(services));
        });
    }
}
