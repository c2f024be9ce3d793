using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.References;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Gives the connection string as <c>ConnectionStrings__name</c>, and its parts as <c>NAME_HOST</c> and the like.</summary>
    /// <param name="builder">Who gets it.</param>
    /// <param name="source">Whose connection string.</param>
    /// <param name="connectionName">Default: the name of the source.</param>
    /// <param name="optional">A missing connection string is left out instead of failing the start.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithAnnotation(new ReferenceAnnotation(resource)).WithEnvironment(context =>
        {
            var variable = resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}";
            context.EnvironmentVariables[variable] = new ConnectionStringReference(resource, optional);
            foreach (var (key, value) in resource.GetConnectionProperties())
                context.EnvironmentVariables[$"{VariableName.Encode(name)}_{VariableName.Encode(key)}"] = value;
        });
    }

    /// <summary>Makes the endpoints of a service known to service discovery, every replica under an index of its own.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment => builder.WithReference(source, source.Resource.Name);

    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment =>
        builder.WithAnnotation(new ReferenceAnnotation(source.Resource)).WithEnvironment(context =>
        {
            foreach (var endpoint in source.Resource.GetEndpoints().Where(endpoint => !endpoint.ExcludeReferenceEndpoint))
                AddServiceDiscovery(context, endpoint, name);
        });

    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment =>
        builder.WithAnnotation(new ReferenceAnnotation(endpointReference.Resource))
            .WithEnvironment(context => AddServiceDiscovery(context, endpointReference, endpointReference.Resource.Name));

    /// <summary>Makes a service that is no resource known to service discovery.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment => builder.WithEnvironment($"services__{name}__default__0", uri.ToString());

    private static void AddServiceDiscovery(EnvironmentCallbackContext context, EndpointReference endpoint, string name)
    {
        // Clients that name no endpoint look under the schemes that they take.
        var key = endpoint.EndpointName is "http" or "https" ? endpoint.Scheme : endpoint.EndpointName;
        var addresses = endpoint.EndpointAnnotation.Advertised;
        for (var i = 0; i < addresses.Count; i++)
        {
            var index = i.ToString(CultureInfo.InvariantCulture);
            context.EnvironmentVariables[$"services__{name}__{key}__{index}"] = addresses[i].UriString;
        }

        context.EnvironmentVariables[$"{VariableName.Encode(name)}_{VariableName.Encode(endpoint.EndpointName)}"] = endpoint;
    }
}
