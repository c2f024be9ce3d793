using AiMesh.ServiceDefaults.Storage;

namespace AiMesh.DataService;

/// <summary>Settings of the request path's connections.</summary>
internal static class DataConnections
{
    public static void Configure(MeshDatabaseOptions options) => options.ConfigureDataSource = static builder =>
    {
        // Statements have few shapes (per dataset, roles and form of filter), so nearly all of them come prepared.
        builder.ConnectionStringBuilder.MaxAutoPrepare = 200;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;

        // Settings are made for a transaction only (see RequestScope), so a returned connection has nothing to reset.
        builder.ConnectionStringBuilder.NoResetOnClose = true;
    };
}
