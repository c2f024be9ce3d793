using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Npgsql;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>Begins moves of datasets, and gives them up. They are done by <see cref="MigrationRun"/>.</summary>
internal sealed class DatasetMigrator(
    [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, DatasetStore datasets, MigrationStore migrations, MigrationPlanner planner, MigrationDefinitions definitions)
{
    public async Task<Result<DatasetMigration>> BeginAsync(Principal principal, MigrateDatasetRequest request, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(principal, request.Dataset, cancellationToken)).TryGet(out var dataset, out var error)) return error;
        if (!request.ValidateOnly && await migrations.FindAsync(dataset.Organisation, dataset.Id, cancellationToken) is { EndTime: null }) return new DatasetMigrating();
        if (!definitions.Knows(request.Store)) return new InvalidField("store", "expected the name of a configured store, or nothing for PostgreSQL");
        if (request.Store == dataset.Definition.Store) return new InvalidField("store", "is the store where the items are");
        var plan = await planner.PlanAsync(dataset, request.Store, request.ValidateOnly, cancellationToken);
        if (request.ValidateOnly) return Describe(dataset, request.Store, plan);
        if (plan.Obstacles.Count > 0) return new MigrationRefused(plan.Obstacles);

        await using (var session = await OwnerSession.BeginAsync(owner, principal, cancellationToken))
        {
            if (!(await MigrationDefinitions.LockAsync(session, principal, dataset.Id, cancellationToken)).TryGet(out var current, out error)) return error;

            // What was planned is what is done: another definition may have another store, or fields that cannot go there.
            if (current.Version != dataset.Version) return new DefinitionChanged();
            if (await MigrationStore.IsUnderWayAsync(session, current.Id, cancellationToken)) return new DatasetMigrating();
            await MigrationStore.BeginAsync(session, current, request.Store, cancellationToken);
            var marked = await definitions.ChangeAsync(session, current, static definition => definition.Migrating = true, cancellationToken);
            await session.ChainAsync(principal, "migrate", marked, cancellationToken, MigrationDefinitions.Facts(current.Definition.Store, request.Store));
            await session.CommitAsync(cancellationToken);
        }

        definitions.Changed();
        return (await migrations.FindAsync(dataset.Organisation, dataset.Id, cancellationToken))!.ToMessage(request.Dataset);
    }

    public async Task<Result<DatasetMigration>> GetAsync(Principal principal, string id, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(principal, id, cancellationToken)).TryGet(out var dataset, out var error)) return error;
        return await migrations.FindAsync(dataset.Organisation, dataset.Id, cancellationToken) is { } row ? row.ToMessage(id) : new NotFound("migration of the dataset", id);
    }

    public async Task<Result<DatasetMigration>> CancelAsync(Principal principal, string id, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(principal, id, cancellationToken)).TryGet(out var dataset, out var error)) return error;
        while (await migrations.FindAsync(dataset.Organisation, dataset.Id, cancellationToken) is { } row)
        {
            if (row.State is State.Cleaning or State.Done) return new AlreadySwitched();
            if (row.EndTime is not null || row.State == State.Undoing || await CancelAsync(principal, dataset, row.State, cancellationToken))
                return (await migrations.FindAsync(dataset.Organisation, dataset.Id, cancellationToken) ?? row).ToMessage(id);
        }

        return new NotFound("migration of the dataset", id);
    }

    private async Task<bool> CancelAsync(Principal principal, CompiledDataset dataset, State state, CancellationToken cancellationToken)
    {
        await using var session = await OwnerSession.BeginAsync(owner, principal, cancellationToken);
        if (!await MigrationStore.AdvanceAsync(session, dataset.Id, state, State.Undoing, cancellationToken)) return false;
        await session.ChainAsync(principal, "migrate_cancel", dataset, cancellationToken);
        await session.CommitAsync(cancellationToken);
        return true;
    }

    private async Task<Result<CompiledDataset>> FindAsync(Principal principal, string id, CancellationToken cancellationToken)
    {
        var dataset = DefinitionValidator.IsId(id) ? await datasets.FindAsync(principal, id, cancellationToken) : null;
        return dataset is null ? new NotFound("dataset", id) : dataset;
    }

    private static DatasetMigration Describe(CompiledDataset dataset, string target, MigrationPlan plan) => new()
    {
        Dataset = dataset.Definition.Id,
        Source = dataset.Definition.Store,
        Target = target,
        State = State.Planned,
        TotalCount = plan.Digest!.Count,
        TotalBytes = plan.Digest.Bytes,
        Checksum = plan.Digest.Checksum,
        Obstacles = { plan.Obstacles.Select(static obstacle => $"{obstacle.Field}: {obstacle.Description}") },
        Losses = { plan.Losses },
    };
}
