using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.RabbitMQ;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Adds RabbitMQ servers.</summary>
public static class RabbitMQBuilderExtensions
{
    private const int ContainerPort = 5672;
    private const int ManagementPort = 15672;
    private const string ContainerData = "/var/lib/rabbitmq";
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Adds a RabbitMQ server: the one that configuration names (<c>ConnectionStrings:name</c>), else rabbitmq-server of this machine,
    /// else a container.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource and of the connection string.</param>
    /// <param name="userName">Null: guest.</param>
    /// <param name="password">Null: generated once and kept.</param>
    /// <param name="port">Port on this machine; null: any free one.</param>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        // Without special characters: the password stands in a URI, and in a configuration file whose format knows no quotes.
        var resource = new RabbitMQServerResource(
            name,
            userName?.Resource,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false));
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().AddCheck(check, new RabbitMQHealthCheck(resource));

        var rabbit = builder.AddResource(resource)
            .WithEndpoint(port, ContainerPort, name: RabbitMQServerResource.PrimaryEndpointName)
            .WithEndpoint(RabbitMQServerResource.PrimaryEndpointName, endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithImage("library/rabbitmq", "4.1")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["RABBITMQ_DEFAULT_USER"] = resource.UserNameReference;
                context.EnvironmentVariables["RABBITMQ_DEFAULT_PASS"] = resource.PasswordParameter;
            })
            .WithHealthCheck(check)
            .WithAnnotation(new LauncherAnnotation(RabbitMQLauncher.LaunchAsync) { StopGrace = StopGrace });

        return builder.Configuration.GetConnectionString(name) is { Length: > 0 } given
            ? rabbit.WithAnnotation(new ConnectionStringRedirectAnnotation(
                new ConnectionStringResource(name, ReferenceExpression.Create($"{given}"))))
            : rabbit;
    }

    /// <summary>Keeps the data between runs.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(
        this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name ?? $"{builder.Resource.Name}-data", ContainerData, isReadOnly);

    /// <summary>Keeps the data in a folder of this machine.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithDataBindMount(
        this IResourceBuilder<RabbitMQServerResource> builder, string source, bool isReadOnly = false) =>
        builder.WithBindMount(source, ContainerData, isReadOnly);

    /// <summary>Serves the management pages on any free port.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder) =>
        builder.WithManagementPlugin(null);

    /// <summary>Serves the management pages.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder, int? port)
    {
        if (builder.Resource.ManagementEndpoint.Exists)
            return builder.WithEndpoint(RabbitMQServerResource.ManagementEndpointName, endpoint => endpoint.Port = port);

        if (builder.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image) && image.Tag?.EndsWith("-management", StringComparison.Ordinal) == false)
            image.Tag += "-management";

        return builder
            .WithHttpEndpoint(port, ManagementPort, RabbitMQServerResource.ManagementEndpointName)
            .WithEndpoint(RabbitMQServerResource.ManagementEndpointName, endpoint => endpoint.TargetHost = "127.0.0.1");
    }
}
