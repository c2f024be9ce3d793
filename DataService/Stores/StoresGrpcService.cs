using AiMesh.Data.V1;
using AiMesh.DataService.Diagnostics;
using AiMesh.DataService.Stores.Migration;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.DataService.Stores;

internal sealed class StoresGrpcService(DatasetMigrator migrator, StoreDiagnosis diagnosis) : Data.V1.Stores.StoresBase
{
    public override async Task<DatasetMigration> MigrateDataset(MigrateDatasetRequest request, ServerCallContext context) =>
        (await migrator.BeginAsync(context.GetPrincipal(), request, context.CancellationToken)).OrThrow();

    public override async Task<DatasetMigration> GetDatasetMigration(GetDatasetMigrationRequest request, ServerCallContext context) =>
        (await migrator.GetAsync(context.GetPrincipal(), request.Dataset, context.CancellationToken)).OrThrow();

    public override async Task<DatasetMigration> CancelDatasetMigration(CancelDatasetMigrationRequest request, ServerCallContext context) =>
        (await migrator.CancelAsync(context.GetPrincipal(), request.Dataset, context.CancellationToken)).OrThrow();

    public override async Task<ListStoresResponse> ListStores(ListStoresRequest request, ServerCallContext context) =>
        new() { Stores = { await diagnosis.RunAsync(context.GetPrincipal().Organisation, context.CancellationToken) } };
}
