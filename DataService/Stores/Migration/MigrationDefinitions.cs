using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Npgsql;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>
/// What a move changes in the definition of its dataset: that it is being moved, and where its items are. Each change makes a new version under the lock that writes hold
/// shared, so that every replica knows of it before it writes again, and no write is under way across it.
/// </summary>
internal sealed class MigrationDefinitions(StorePlaces places, EventHub events, TimeProvider clock)
{
    /// <summary>As whom the service itself goes on with a move; who began it stands in the audit where it began.</summary>
    public static Principal Mover(string organisation) => new()
    {
        Kind = PrincipalKind.Client,
        Subject = "mesh:migration",
        Organisation = organisation,
        TokenId = "",
        Roles = [],
        Permissions = PermissionSet.Create(),
    };

    public static IEnumerable<KeyValuePair<string, string>> Facts(string source, string target) => [KeyValuePair.Create("source", source), KeyValuePair.Create("target", target)];

    public bool Knows(string store) => places.Knows(store);

    /// <summary>The dataset, with nobody reading or writing its items until the end of the transaction.</summary>
    public static async Task<Result<CompiledDataset>> LockAsync(OwnerSession session, Principal principal, long datasetId, CancellationToken cancellationToken)
    {
        var current = await FindAsync(session.Command($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 AND id = $2 FOR UPDATE", principal.Organisation, datasetId), cancellationToken);
        if (current is null) return new NotFound("dataset", "");
        return await session.TryLockAsync(current, cancellationToken) ? current : new DefinitionChanged();
    }

    /// <summary>The dataset as it is.</summary>
    public static async Task<CompiledDataset?> FindAsync(NpgsqlCommand select, CancellationToken cancellationToken)
    {
        await using (select)
        await using (var reader = await select.ExecuteReaderAsync(cancellationToken))
            return await reader.ReadAsync(cancellationToken) ? DatasetStore.Read(reader) : null;
    }

    public async Task<CompiledDataset> ChangeAsync(OwnerSession session, CompiledDataset current, Action<Dataset> change, CancellationToken cancellationToken)
    {
        var wanted = current.Definition.Clone();
        change(wanted);
        var update = session.Command(
            $"UPDATE datasets SET definition = $1, update_time = $2, version = version + 1 WHERE id = $3 RETURNING {DatasetStore.Columns}",
            DatasetEditor.Json(wanted), clock.GetUtcNow().UtcDateTime, current.Id);
        return await FindAsync(update, cancellationToken) ?? throw new InvalidOperationException("The locked definition was not updated.");
    }

    /// <summary>After the commit: wakes whoever waits for changes.</summary>
    public void Changed() => events.Written();
}
