using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Configures a registered gRPC client. All of these fail for a builder that is not from <c>AddGrpcClient</c>.</summary>
public static class GrpcHttpClientBuilderExtensions
{
    /// <summary>Configures the channel.</summary>
    public static IHttpClientBuilder ConfigureChannel(this IHttpClientBuilder builder, Action<IServiceProvider, GrpcChannelOptions> configureChannel)
    {
        ArgumentNullException.ThrowIfNull(configureChannel);
        return builder.ConfigureWithServices(nameof(ConfigureChannel), (services, options) =>
            options.ChannelOptionsActions.Add(channel => configureChannel(services, channel)));
    }

    /// <summary>Configures the channel.</summary>
    public static IHttpClientBuilder ConfigureChannel(this IHttpClientBuilder builder, Action<GrpcChannelOptions> configureChannel)
    {
        ArgumentNullException.ThrowIfNull(configureChannel);
        return builder.Configure(nameof(ConfigureChannel), options => options.ChannelOptionsActions.Add(configureChannel));
    }

    /// <summary>Adds an interceptor that all clients of the channel share.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<IServiceProvider, Interceptor> configureInvoker) =>
        builder.AddInterceptor(InterceptorScope.Channel, configureInvoker);

    /// <summary>Adds an interceptor.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, InterceptorScope scope, Func<IServiceProvider, Interceptor> configureInvoker)
    {
        ArgumentNullException.ThrowIfNull(configureInvoker);
        return builder.Configure(nameof(AddInterceptor), options =>
            options.InterceptorRegistrations.Add(new InterceptorRegistration(scope, configureInvoker)));
    }

    /// <summary>Adds an interceptor that all clients of the channel share.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<Interceptor> configureInvoker) =>
        builder.AddInterceptor(InterceptorScope.Channel, configureInvoker);

    /// <summary>Adds an interceptor.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, InterceptorScope scope, Func<Interceptor> configureInvoker)
    {
        ArgumentNullException.ThrowIfNull(configureInvoker);
        return builder.AddInterceptor(scope, _ => configureInvoker());
    }

    /// <summary>Adds an interceptor from the services, which all clients of the channel share.</summary>
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(this IHttpClientBuilder builder)
        where TInterceptor : Interceptor => builder.AddInterceptor<TInterceptor>(InterceptorScope.Channel);

    /// <summary>Adds an interceptor from the services.</summary>
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(this IHttpClientBuilder builder, InterceptorScope scope)
        where TInterceptor : Interceptor => builder.AddInterceptor(scope, services => services.GetRequiredService<TInterceptor>());

    /// <summary>Adds headers, such as a token, to every call.</summary>
    public static IHttpClientBuilder AddCallCredentials(this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, Task> authInterceptor)
    {
        ArgumentNullException.ThrowIfNull(authInterceptor);
        return builder.AddCallCredentials(CallCredentials.FromInterceptor((context, metadata) => authInterceptor(context, metadata)));
    }

    /// <summary>Adds headers, such as a token, to every call; the services are those the client was made from.</summary>
    public static IHttpClientBuilder AddCallCredentials(this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, IServiceProvider, Task> authInterceptor)
    {
        ArgumentNullException.ThrowIfNull(authInterceptor);
        return builder.AddCredentials(call => CallCredentials.FromInterceptor((context, metadata) => authInterceptor(context, metadata, call.ServiceProvider)));
    }

    /// <summary>Adds credentials to every call.</summary>
    public static IHttpClientBuilder AddCallCredentials(this IHttpClientBuilder builder, CallCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return builder.AddCredentials(_ => credentials);
    }

    /// <summary>Makes clients by a function.</summary>
    public static IHttpClientBuilder ConfigureGrpcClientCreator(this IHttpClientBuilder builder, Func<IServiceProvider, CallInvoker, object> configureCreator)
    {
        ArgumentNullException.ThrowIfNull(configureCreator);
        return builder.ConfigureWithServices(nameof(ConfigureGrpcClientCreator), (services, options) =>
            options.Creator = invoker => configureCreator(services, invoker));
    }

    /// <summary>Makes clients by a function.</summary>
    public static IHttpClientBuilder ConfigureGrpcClientCreator(this IHttpClientBuilder builder, Func<CallInvoker, object> configureCreator)
    {
        ArgumentNullException.ThrowIfNull(configureCreator);
        return builder.Configure(nameof(ConfigureGrpcClientCreator), options => options.Creator = configureCreator);
    }

    private static IHttpClientBuilder AddCredentials(this IHttpClientBuilder builder, Func<CallOptionsContext, CallCredentials> create) =>
        builder.Configure(nameof(AddCallCredentials), options =>
        {
            options.HasCallCredentials = true;
            options.CallOptionsActions.Add(call =>
            {
                var own = call.CallOptions.Credentials;
                call.CallOptions = call.CallOptions.WithCredentials(own is null ? create(call) : CallCredentials.Compose(own, create(call)));
            });
        });

    private static IHttpClientBuilder Configure(this IHttpClientBuilder builder, string caller, Action<GrpcClientFactoryOptions> configure)
    {
        Validate(builder, caller);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }

    private static IHttpClientBuilder ConfigureWithServices(this IHttpClientBuilder builder, string caller, Action<IServiceProvider, GrpcClientFactoryOptions> configure)
    {
        Validate(builder, caller);
        builder.Services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(services =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(builder.Name, options => configure(services, options)));
        return builder;
    }

    private static void Validate(IHttpClientBuilder builder, string caller)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!GrpcClientRegistry.Of(builder.Services).Contains(builder.Name))
            throw new InvalidOperationException($"{caller} must be used with a gRPC client.");
    }
}
