using System.Diagnostics.CodeAnalysis;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers gRPC clients on top of <see cref="IHttpClientFactory"/>.</summary>
public static class GrpcClientServiceExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Registers a client under the name of its type, without its namespace.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(this IServiceCollection services)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name);

    /// <summary>Registers a client under the name of its type, without its namespace.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Registers a client under the name of its type, without its namespace.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Registers a client under a name.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(this IServiceCollection services, string name)
        where TClient : class => services.AddGrpcClient<TClient>(name, static _ => { });

    /// <summary>Registers a client under a name.</summary>
    /// <exception cref="InvalidOperationException">The name belongs to a client of another type.</exception>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, string name, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configureClient);
        services.Configure(name, configureClient);
        return AddClient<TClient>(services, name);
    }

    /// <summary>Registers a client under a name.</summary>
    /// <exception cref="InvalidOperationException">The name belongs to a client of another type.</exception>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, string name, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configureClient);
        services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(provider =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(name, options => configureClient(provider, options)));
        return AddClient<TClient>(services, name);
    }

    private static IHttpClientBuilder AddClient<[DynamicallyAccessedMembers(Constructors)] TClient>(IServiceCollection services, string name)
        where TClient : class
    {
        GrpcClientRegistry.Of(services).Reserve(name, typeof(TClient));
        services.TryAddTransient<GrpcClientFactory, DefaultGrpcClientFactory>();
        services.TryAddSingleton<GrpcChannelCache>();
        services.TryAddSingleton<GrpcClientActivator<TClient>>();
        services.AddTransient(provider => provider.GetRequiredService<GrpcClientFactory>().CreateClient<TClient>(name));

        var builder = services.AddHttpClient(name);
        // First of all configuration, so that everything else, ConfigureHttpClientDefaults included, can still replace the handler.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<HttpClientFactoryOptions>>(
            new ConfigureNamedOptions<HttpClientFactoryOptions>(name, options =>
                options.HttpMessageHandlerBuilderActions.Add(handler => handler.PrimaryHandler = CreatePrimaryHandler(options.HandlerLifetime)))));
        return builder;
    }

    private static SocketsHttpHandler CreatePrimaryHandler(TimeSpan handlerLifetime) => new()
    {
        // One HTTP/2 connection carries about a hundred calls at a time; more calls need more connections.
        EnableMultipleHttp2Connections = true,
        // A channel keeps its handler for good, so the factory's rotation of handlers never reaches it. Rotating the
        // connections themselves has the same use: changes of DNS are noticed.
        PooledConnectionLifetime = handlerLifetime,
        // A peer that vanished without closing its connection is noticed while calls are waiting for it.
        KeepAlivePingDelay = TimeSpan.FromSeconds(60),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };
}
