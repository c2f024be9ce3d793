using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Adds Redis servers.</summary>
public static class RedisBuilderExtensions
{
    private const int ContainerPort = 6379;
    private const string ContainerData = "/data";

    /// <inheritdoc cref="AddRedis(IDistributedApplicationBuilder, string, int?, IResourceBuilder{ParameterResource}?)"/>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, [ResourceName] string name, int? port) =>
        builder.AddRedis(name, port, null);

    /// <summary>
    /// Adds a Redis server: the one that configuration names (<c>ConnectionStrings:name</c>), else redis-server of this machine, else
    /// a container.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource and of the connection string.</param>
    /// <param name="port">Port on this machine; null: any free one.</param>
    /// <param name="password">Null: generated once and kept.</param>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        // Without special characters: a comma would end the password in the connection string, a quote in redis.conf.
        var resource = new RedisResource(
            name,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false));
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().AddCheck(check, new RedisHealthCheck(resource));

        var redis = builder.AddResource(resource)
            .WithEndpoint(port, ContainerPort, name: RedisResource.PrimaryEndpointName)
            .WithEndpoint(RedisResource.PrimaryEndpointName, endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithImage("library/redis", "7.4")
            .WithHealthCheck(check)
            .WithAnnotation(new LauncherAnnotation(RedisLauncher.LaunchAsync));

        return builder.Configuration.GetConnectionString(name) is { Length: > 0 } given
            ? redis.WithAnnotation(new ConnectionStringRedirectAnnotation(
                new ConnectionStringResource(name, ReferenceExpression.Create($"{given}"))))
            : redis;
    }

    /// <summary>Null: any free port.</summary>
    public static IResourceBuilder<RedisResource> WithHostPort(this IResourceBuilder<RedisResource> builder, int? port) =>
        builder.WithEndpoint(RedisResource.PrimaryEndpointName, endpoint => endpoint.Port = port);

    /// <summary>Null: no password.</summary>
    public static IResourceBuilder<RedisResource> WithPassword(
        this IResourceBuilder<RedisResource> builder, IResourceBuilder<ParameterResource>? password)
    {
        builder.Resource.PasswordParameter = password?.Resource;
        return builder;
    }

    /// <summary>Keeps the data between runs, and writes it to disk as <see cref="WithPersistence"/> does by default.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(
        this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        builder.WithVolume(name ?? $"{builder.Resource.Name}-data", ContainerData, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <summary>Keeps the data in a folder of this machine.</summary>
    public static IResourceBuilder<RedisResource> WithDataBindMount(
        this IResourceBuilder<RedisResource> builder, string source, bool isReadOnly = false)
    {
        builder.WithBindMount(source, ContainerData, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <summary>Writes a snapshot to disk at intervals.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="interval">Default: 60 s; whole seconds.</param>
    /// <param name="keysChangedThreshold">Changes before a snapshot is worth it.</param>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) =>
        builder.WithAnnotation(
            new PersistenceSettings(interval ?? TimeSpan.FromSeconds(60), keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);
}
