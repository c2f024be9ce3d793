using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting;

/// <summary>Adds PostgreSQL servers and databases.</summary>
public static class PostgresBuilderExtensions
{
    private const int ContainerPort = 5432;
    private const string ContainerData = "/var/lib/postgresql/data";
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Adds a PostgreSQL server: the one that configuration names (<c>ConnectionStrings:name</c>), else a private cluster served by the
    /// programs of this machine, else a container.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource and of the connection string.</param>
    /// <param name="userName">Superuser; null: postgres.</param>
    /// <param name="password">Null: generated once and kept.</param>
    /// <param name="port">Port on this machine; null: any free one.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        var resource = new PostgresServerResource(
            name,
            userName?.Resource,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password"));
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().AddCheck(check, new PostgresHealthCheck(resource));

        var postgres = builder.AddResource(resource)
            .WithEndpoint(port, ContainerPort, name: PostgresServerResource.PrimaryEndpointName)
            .WithEndpoint(PostgresServerResource.PrimaryEndpointName, endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithImage("library/postgres", "17.6")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = resource.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = resource.PasswordParameter;
            })
            .WithHealthCheck(check)
            .WithAnnotation(new LauncherAnnotation(PostgresLauncher.LaunchAsync) { StopGrace = StopGrace })
            .OnResourceReady((server, _, cancellationToken) => PostgresDatabases.CreateMissingAsync(server, builder.Resources, cancellationToken));

        return builder.Configuration.GetConnectionString(name) is { Length: > 0 } given
            ? postgres.WithAnnotation(new ConnectionStringRedirectAnnotation(
                new ConnectionStringResource(name, ReferenceExpression.Create($"{given}"))))
            : postgres;
    }

    /// <summary>Adds a database, which is created when the server is ready and has none of that name.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, [ResourceName] string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.AddDatabase(name, database.DatabaseName);
        var check = $"{name}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().AddCheck(check, new PostgresHealthCheck(database));
        return builder.ApplicationBuilder.AddResource(database).WithHealthCheck(check);
    }

    /// <summary>Creates the database with a statement of the AppHost's own, for example with a template or an encoding.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> WithCreationScript(this IResourceBuilder<PostgresDatabaseResource> builder, string script) =>
        builder.WithAnnotation(new CreationScript(script), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>Keeps the data between runs.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name ?? $"{builder.Resource.Name}-data", ContainerData, isReadOnly);

    /// <summary>Keeps the data in a folder of this machine.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataBindMount(
        this IResourceBuilder<PostgresServerResource> builder, string source, bool isReadOnly = false) =>
        builder.WithBindMount(source, ContainerData, isReadOnly);

    /// <summary>Null: any free port.</summary>
    public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port) =>
        builder.WithEndpoint(PostgresServerResource.PrimaryEndpointName, endpoint => endpoint.Port = port);

    public static IResourceBuilder<PostgresServerResource> WithPassword(
        this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> password)
    {
        builder.Resource.PasswordParameter = password.Resource;
        return builder;
    }

    public static IResourceBuilder<PostgresServerResource> WithUserName(
        this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> userName)
    {
        builder.Resource.UserNameParameter = userName.Resource;
        return builder;
    }
}
