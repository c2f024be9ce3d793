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

        // A page of items is some 25 KB: with the usual 8 it is waited for several times.
        builder.ConnectionStringBuilder.ReadBufferSize = 32 * 1024;

        // Settings are made for a transaction only (see RequestScope), so a returned connection has nothing to reset.
        builder.ConnectionStringBuilder.NoResetOnClose = true;
    };
}
