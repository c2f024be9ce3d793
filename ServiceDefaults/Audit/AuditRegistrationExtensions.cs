using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service with an audit chain registers.</summary>
public static class AuditRegistrationExtensions
{
    /// <summary>Registers the seals of a service's checkpoints. Needs a <see cref="MasterKeyRing"/>.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="purpose">Of the key, another for each service.</param>
    public static void AddAuditSeals(this IHostApplicationBuilder builder, string purpose)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(services => new AuditSeals(services.GetRequiredService<MasterKeyRing>(), purpose));
    }

    /// <summary>Writes checkpoints of the service's chains once a minute.</summary>
    public static void AddAuditCheckpoints(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<AuditCheckpoints>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<AuditCheckpoints>());
    }
}
