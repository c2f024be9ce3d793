namespace AiMesh.Testing;

/// <summary>
/// The PostgreSQL server of this test process: started on first use, gone (with its data) when the process ends, however it ends.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<PostgresInstance>> Shared = new(() => PostgresInstance.StartAsync(new PostgresOptions()));

    /// <summary>Creates an empty database, whose user is a superuser of the server.</summary>
    public static async Task<PostgresDatabase> CreateDatabaseAsync(CancellationToken cancellationToken = default) =>
        await (await Shared.Value.WaitAsync(cancellationToken)).CreateDatabaseAsync(cancellationToken);

    /// <summary>Starts a server of the test's own, which it may stop, kill and start again.</summary>
    public static Task<PostgresInstance> StartAsync(PostgresOptions? options = null) => PostgresInstance.StartAsync(options ?? new PostgresOptions());
}
