using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Rpc;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>The gRPC services that a host serves.</summary>
public static class MeshRpcExtensions
{
    /// <summary>What the details of a google.rpc.Status may be, so that they appear in JSON as well.</summary>
    private static readonly TypeRegistry ErrorDetails =
        TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor, ResourceInfo.Descriptor);

    /// <summary>
    /// Serves gRPC, and JSON over HTTP by the contract's <c>google.api.http</c> options. Every call goes through the check of its declared
    /// access, and every failure leaves as google.rpc.Status. Only services of the mesh can connect.
    /// </summary>
    public static IGrpcServerBuilder AddMeshRpc(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddMeshListeners();
        var services = builder.Services;
        services.AddOptions<MeshRpcOptions>().BindConfiguration(MeshRpcOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<AccessRules>();
        services.TryAddSingleton<MappedRpcs>();
        services.TryAddSingleton<ErrorInterceptor>();
        services.TryAddSingleton<PermissionInterceptor>();
        services.AddHostedService<AccessRulesCheck>();
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<MeshRpcOptions>>(static (options, limits) =>
        {
            options.MaxReceiveMessageSize = limits.Value.MaxMessageBytes;
            options.MaxSendMessageSize = limits.Value.MaxMessageBytes;
        });

        return services.AddGrpc(static options =>
        {
            options.EnableDetailedErrors = false;
            options.Interceptors.Add<ErrorInterceptor>();
            options.Interceptors.Add<PermissionInterceptor>();
        }).AddJsonTranscoding(static options =>
        {
            options.TypeRegistry = ErrorDetails;

            // As protobuf's JSON mapping says: numbers beyond 2^53 would be rounded by JavaScript.
            options.JsonSettings.WriteInt64sAsStrings = true;
        });
    }

    /// <summary>
    /// Maps a gRPC service. The host does not start when one of its RPCs declares no access, is not served though the contract does not
    /// mark it as planned, or is served though it does; the message names all of them.
    /// </summary>
    public static GrpcServiceEndpointConventionBuilder MapRpc<TService>(this IEndpointRouteBuilder endpoints)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.ServiceProvider.GetRequiredService<MappedRpcs>().Watch(endpoints);
        endpoints.ServiceProvider.GetRequiredService<AccessRules>().Add(typeof(TService));
        return endpoints.MapGrpcService<TService>();
    }
}
