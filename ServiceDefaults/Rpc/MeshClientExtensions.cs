using AiMesh.ServiceDefaults.Rpc;
using AiMesh.ServiceDefaults.ServiceIdentity;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Clients of other services of the mesh.</summary>
public static class MeshClientExtensions
{
    /// <summary>
    /// Registers a gRPC client of a service of the mesh. Its connections show this service's certificate and demand that of the other; its
    /// calls carry the token and deadline of the caller at hand; reads are tried again when the service is unavailable.
    /// </summary>
    /// <typeparam name="TClient">A generated client, for example <c>Items.ItemsClient</c>.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="service">The name of the service in service discovery; its endpoint "grpc" is called.</param>
    /// <returns>The client's builder, for further configuration.</returns>
    public static IHttpClientBuilder AddMeshClient<TClient>(this IHostApplicationBuilder builder, string service)
        where TClient : ClientBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddGrpcClient<TClient>(AddressOf(service)).ConfigureForMesh<TClient>(service);
    }

    /// <summary>
    /// The same for a contract that several services implement: clients are told apart by name, and made by
    /// <c>GrpcClientFactory.CreateClient</c>.
    /// </summary>
    /// <typeparam name="TClient">A generated client.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="service">The name of the service in service discovery.</param>
    /// <param name="name">The name of the client.</param>
    /// <returns>The client's builder, for further configuration.</returns>
    public static IHttpClientBuilder AddMeshClient<TClient>(this IHostApplicationBuilder builder, string service, string name)
        where TClient : ClientBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddGrpcClient<TClient>(name, AddressOf(service)).ConfigureForMesh<TClient>(service);
    }

    private static Action<IServiceProvider, GrpcClientFactoryOptions> AddressOf(string service)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        return (services, options) => options.Address = new Uri($"{services.GetRequiredService<MeshConnector>().Scheme}://_grpc.{service}");
    }

    private static IHttpClientBuilder ConfigureForMesh<TClient>(this IHttpClientBuilder client, string service)
        where TClient : ClientBase
    {
        client.Services.AddHttpContextAccessor();
        client.Services.TryAddSingleton<CallerInterceptor>();
        var retries = IdempotentRetries.For(typeof(TClient));
        return client
            .ConfigureChannel((services, channel) =>
            {
                var limit = services.GetRequiredService<IOptions<MeshRpcOptions>>().Value.MaxMessageBytes;
                channel.MaxReceiveMessageSize = limit;
                channel.MaxSendMessageSize = limit;
                channel.ServiceConfig = retries;
            })
            .AddInterceptor<CallerInterceptor>()

            // The defaults for HTTP clients retry and time out whole HTTP requests, which would cut off streams; gRPC has its own ways.
            .ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.Clear())
            .AddServiceDiscovery()
            .UseMeshIdentity(service)
            .RemoveAllLoggers();
    }
}
