using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace AiMesh.AppHost.Certificates;

internal static class ServiceCertificatesExtensions
{
    /// <summary>Checks the health of a service where it asks for no certificate: its endpoint "probe", which serves nothing else and which no service is told of.</summary>
    public static IResourceBuilder<ProjectResource> WithProbeEndpoint(this IResourceBuilder<ProjectResource> builder) => builder
        .WithEndpoint("probe", static endpoint => (endpoint.ExcludeReferenceEndpoint, endpoint.IsExternal) = (true, false))
        .WithHttpHealthCheck("/health", endpointName: "probe");

    /// <summary>Gives a service a certificate under its own name, by which other services know it, and tells it where the files are.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceCertificate(this IResourceBuilder<ProjectResource> builder)
    {
        var services = builder.ApplicationBuilder.Services;
        services.TryAddSingleton<ServiceCertificates>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServiceCertificates>(static provider => provider.GetRequiredService<ServiceCertificates>()));
        return builder.WithEnvironment(context =>
        {
            // Elsewhere than here certificates come from elsewhere: they are mounted where the deployment says.
            if (!context.ExecutionContext.IsRunMode) return;
            var files = context.ExecutionContext.ServiceProvider.GetRequiredService<ServiceCertificates>().For(builder.Resource.Name);
            context.EnvironmentVariables["Mesh__Certificate__CertificatePath"] = files.Certificate;
            context.EnvironmentVariables["Mesh__Certificate__KeyPath"] = files.Key;
            context.EnvironmentVariables["Mesh__Certificate__AuthorityPath"] = files.Authority;
        });
    }
}
