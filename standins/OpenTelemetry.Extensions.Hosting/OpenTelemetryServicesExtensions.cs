using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Extensions.Hosting.Implementation;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the OpenTelemetry SDK to a service collection.</summary>
public static class OpenTelemetryServicesExtensions
{
    /// <summary>
    /// Adds a hosted service that builds the configured providers when the host starts. May be called several times.
    /// </summary>
    public static OpenTelemetryBuilder AddOpenTelemetry(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        if (!services.Any(d => d.ServiceType == typeof(IHostedService) && d.ImplementationType == typeof(TelemetryHostedService)))
        {
            services.TryAddSingleton<ITelemetryHostInitializer, TelemetryHostInitializer>();

            // First in the list, so that what the other hosted services do while they start is already recorded.
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService, TelemetryHostedService>());
        }

        return new OpenTelemetryBuilder(services);
    }
}
