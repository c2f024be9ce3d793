using System.Reflection;
using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>How a service uses its database.</summary>
public sealed class MeshDatabaseOptions
{
    /// <summary>
    /// The assembly whose embedded resources <c>*.Migrations.NNNN_name.sql</c> are applied. Default: the one that calls
    /// <c>AddMeshDatabase</c>.
    /// </summary>
    public required Assembly MigrationsAssembly { get; set; }

    /// <summary>How long the start waits for the server, in total. Default: 60 s.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The most connections for requests that this process keeps open. Default: 30. All services and replicas share what the server admits, and as
    /// many as there are here are tried again and again while it is silent. A connection string with a <c>Maximum Pool Size</c> of its own goes before.
    /// </summary>
    public int MaxPoolSize { get; set; } = 30;

    /// <summary>
    /// How long one statement of a request may take before its connection is given up. Default: 10 s. A connection string with a
    /// <c>Command Timeout</c> of its own goes before.
    /// </summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Further set-up of both data sources: type mappings, names.</summary>
    public Action<NpgsqlDataSourceBuilder>? ConfigureDataSource { get; set; }
}
