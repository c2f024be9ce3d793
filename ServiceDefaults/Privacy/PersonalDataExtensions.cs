using AiMesh.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>What a service does to take part in exports and erasures of people (A10).</summary>
public static class PersonalDataExtensions
{
    /// <summary>The service that may ask for them, by its certificate and as the subject of its token.</summary>
    public const string Authority = "auth";

    /// <summary>Registers what the service keeps about people. Its database must be registered by <c>AddMeshDatabase</c>.</summary>
    /// <typeparam name="TData">The service's own implementation.</typeparam>
    /// <param name="builder">The application.</param>
    public static void AddPersonalData<TData>(this IHostApplicationBuilder builder)
        where TData : class, IPersonalData
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(static services => new PersonalTables(services.GetRequiredKeyedService<NpgsqlDataSource>(MeshDatabaseExtensions.OwnerKey)));
        builder.Services.AddSingleton<IPersonalData, TData>();
    }

    /// <summary>Serves it to AuthService, and to nobody else.</summary>
    /// <param name="endpoints">The application.</param>
    public static void MapPersonalData(this IEndpointRouteBuilder endpoints) => endpoints.MapRpc<PersonalDataGrpcService>().RequirePeers(Authority);
}
