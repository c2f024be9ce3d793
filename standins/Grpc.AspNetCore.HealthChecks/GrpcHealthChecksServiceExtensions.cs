using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.HealthChecks.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the gRPC health service.</summary>
public static class GrpcHealthChecksServiceExtensions
{
    /// <summary>Registers the gRPC health service and ASP.NET Core's health checks behind it.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<StatusBoard>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, StatusPublisher>());
        services.Configure<GrpcHealthChecksOptions>(static options => options.Services.Map("", static _ => true));
        return services.AddHealthChecks();
    }

    /// <summary>Registers the gRPC health service and ASP.NET Core's health checks behind it.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = services.AddGrpcHealthChecks();
        services.Configure(configure);
        return builder;
    }
}
