using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>What a move would come to; found out without writing anything anywhere.</summary>
/// <param name="Obstacles">What stands against it.</param>
/// <param name="Losses">What the dataset can do where it is, and could not there.</param>
/// <param name="Digest">What there is to move, where it was asked for.</param>
internal sealed record MigrationPlan(IReadOnlyList<FieldViolation> Obstacles, IReadOnlyList<string> Losses, StoreDigest? Digest);

/// <summary>Says whether a dataset can be moved.</summary>
internal sealed class MigrationPlanner(StorePlaces places)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="dataset">As it is.</param>
    /// <param name="target">Name of a store that is configured.</param>
    /// <param name="measure">Reads all items, too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MigrationPlan> PlanAsync(CompiledDataset dataset, string target, bool measure, CancellationToken cancellationToken)
    {
        var (source, store) = (places.Of(dataset.Definition.Store), places.Of(target));
        var wanted = dataset.Definition.Clone();
        wanted.Store = target;
        var obstacles = new List<FieldViolation>(DefinitionValidator.Check(wanted));
        if (places.AreOne(dataset.Definition.Store, target)) obstacles.Add(new FieldViolation("store", "is another name for the store where the items are"));
        else if (await FaultAsync(target, dataset, cancellationToken) is { } fault) obstacles.Add(new FieldViolation("store", fault));
        if (!measure) return new MigrationPlan(obstacles, [], null);

        var digest = await StoreDigest.OfAsync(source, dataset.Documents, cancellationToken);
        if (TooLarge(store, digest) is { } tooLarge) obstacles.Add(new FieldViolation("dataset", tooLarge));
        return new MigrationPlan(obstacles, [.. Losses(source.Capabilities, store.Capabilities)], digest);
    }

    /// <summary>What is wrong where an item is too large for the store; else null.</summary>
    public static string? TooLarge(IDocumentStore store, StoreDigest digest) => digest.Largest <= store.Capabilities.MaxDocumentBytes
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"the item '{digest.LargestId}' has {digest.Largest} bytes of JSON, and {store.Capabilities.Provider} takes at most {store.Capabilities.MaxDocumentBytes}");

    private async Task<string?> FaultAsync(string target, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await places.Of(target).PingAsync(patience.Token);
            return await places.IsEmptyAsync(target, dataset.Documents, patience.Token) ? null : "holds items of this dataset already, which nobody here has put there: look at them, and delete its table";
        }
        catch (MeshException e)
        {
            return $"does not answer as it should: {e.Error.Message}";
        }
        catch (Exception e) when (e is InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return "does not answer as it should";
        }
    }

    private static IEnumerable<string> Losses(StoreCapabilities source, StoreCapabilities target)
    {
        if (source.Provider == "postgresql")
        {
            yield return "aggregates, batches, search and watches are refused (FAILED_PRECONDITION)";
            yield return "answers are not kept by the gateway, and lists in another order than that of ids are sorted in memory";
            yield return "queries and exports are read page by page, without a snapshot";
        }

        if (target.MaxDocumentBytes < source.MaxDocumentBytes) yield return string.Create(CultureInfo.InvariantCulture, $"items have at most {target.MaxDocumentBytes} bytes of JSON");
        if (target.MaxAtomicWrites < source.MaxAtomicWrites)
            yield return string.Create(CultureInfo.InvariantCulture, $"imports of more than {target.MaxAtomicWrites} items, or {target.MaxAtomicBytes} bytes, need skip_invalid");
    }
}
