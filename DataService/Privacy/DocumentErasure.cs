using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// Erases a person from a dataset in another store: all of it is looked at in order of id, chunk by chunk, and what is the person's is removed or changed where nobody has
/// written it since it was read. Called again it goes on where it was.
/// </summary>
internal sealed partial class DocumentErasure(
    StorePlaces places, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, PersonRemover remover, TimeProvider clock, ILogger<DocumentErasure> logger)
{
    private const int LookedAtOnce = 1000;
    private const int WrittenAtOnce = 200;

    /// <param name="dataset">It is elsewhere.</param>
    /// <param name="order">Whom.</param>
    /// <param name="cancellationToken">What was done is noted all the same.</param>
    /// <returns>How much was found since somebody began at the first item.</returns>
    /// <exception cref="MeshException">UNAVAILABLE: the store did not confirm it. ABORTED: try again.</exception>
    public async Task<long> EraseAsync(CompiledDataset dataset, ErasureOrder order, CancellationToken cancellationToken)
    {
        await using var scan = await ErasureScan.BeginAsync(owner, dataset, order.RequestId, cancellationToken);
        try
        {
            var work = new Work(places.Of(dataset.Definition.Store), dataset, order, new PersonalDocuments(dataset, order.Subject), scan);
            await SettleAsync(work, cancellationToken);
            while (await NextAsync(work, cancellationToken))
            {
            }
        }
        catch (MeshException e) when (e.Error is not ErasureBusy)
        {
            Log.Waits(logger, dataset.Id, e.Error.Reason);
            throw new MeshException(new StoreUnconfirmed($"the dataset '{dataset.Definition.Id}'"));
        }
        catch (Exception e) when (e is not (MeshException or NpgsqlException) && !cancellationToken.IsCancellationRequested)
        {
            // What a store or its driver says may hold values: it is in the log as a fault, and callers learn which dataset waits.
            Log.Fault(logger, e, dataset.Id);
            throw new MeshException(new StoreUnconfirmed($"the dataset '{dataset.Definition.Id}'"));
        }

        return await scan.EndAsync(cancellationToken);
    }

    // What somebody was about to change when they died is counted where it was changed; the rest is looked at again.
    private static async Task SettleAsync(Work work, CancellationToken cancellationToken)
    {
        if (work.Scan.Pending.Count == 0) return;
        var counts = new Counts();
        foreach (var id in work.Scan.Pending) await JudgeAsync(work, id, counts, cancellationToken);
        await work.Scan.NoteAsync(work.Scan.LookedTo, counts.Erased, counts.Pseudonymised, 0, cancellationToken);
    }

    /// <returns>False at the end.</returns>
    private async Task<bool> NextAsync(Work work, CancellationToken cancellationToken)
    {
        await using var share = await DatasetShare.TakeAsync(owner, work.Dataset, cancellationToken);
        var (theirs, looked, lookedTo) = (new List<Document>(), 0, work.Scan.LookedTo);
        await foreach (var document in work.Store.QueryAsync(work.Dataset.Documents, QueryOf(work), cancellationToken))
        {
            (looked, lookedTo) = (looked + 1, document.Id);
            if (work.Personal.IsOwned(document) || work.Personal.IsAbout(document)) theirs.Add(document);
            if (looked == LookedAtOnce || theirs.Count == WrittenAtOnce) break;
        }

        var counts = new Counts();
        if (theirs.Count > 0)
        {
            var writes = await WritesAsync(work, theirs, cancellationToken);
            await work.Scan.PlanAsync([.. writes.Select(static write => write.Id)], cancellationToken);
            var done = await work.Store.WriteAsync(work.Dataset.Documents, writes, atomic: false, cancellationToken);
            for (var i = 0; i < writes.Count; i++)
            {
                // Not done: somebody wrote it since, or an answer was lost and it was tried again.
                if (!done[i]) await JudgeAsync(work, writes[i].Id, counts, cancellationToken);
                else if (writes[i].Content is null) counts.Erased++;
                else counts.Pseudonymised++;
            }
        }

        await work.Scan.NoteAsync(lookedTo, counts.Erased, counts.Pseudonymised, counts.Missed, cancellationToken);
        return looked == LookedAtOnce || theirs.Count == WrittenAtOnce;
    }

    private static DocumentQuery QueryOf(Work work)
    {
        // Where the store reads everything to find an owner, it is asked for everything: so an end of the call does not undo hours of looking.
        var query = work.Personal.Query(whole: work.Keeps, ownersOnly: work.Store.Capabilities.FindsOwners);
        return query with { After = work.Scan.LookedTo, Expected = work.Keeps ? WrittenAtOnce : LookedAtOnce };
    }

    private async Task<List<DocumentWrite>> WritesAsync(Work work, List<Document> theirs, CancellationToken cancellationToken)
    {
        Document[] kept = [.. theirs.Where(document => work.Keeps && !work.Personal.IsAbout(document))];
        var writes = theirs.Except(kept).Select(static document => DocumentWrite.Delete(document.Id, document.Tag)).ToList();
        var now = DocumentTime.Cut(clock.GetUtcNow().UtcDateTime);
        foreach (var (document, fields) in kept.Zip(await remover.WithoutAsync(work.Order, work.Dataset.Documents, kept, cancellationToken)))
            writes.Add(DocumentWrite.Replace(document with { Fields = fields, Owner = work.Order.Pseudonym, Version = document.Version + 1, UpdateTime = now }, document.Tag));
        return writes;
    }

    private static async Task JudgeAsync(Work work, string id, Counts counts, CancellationToken cancellationToken)
    {
        switch (await work.Store.FindAsync(work.Dataset.Documents, id, cancellationToken))
        {
            case null:
                counts.Erased++;
                break;
            case { } found when found.Owner == work.Order.Pseudonym:
                counts.Pseudonymised++;
                break;
            default:
                counts.Missed++;
                break;
        }
    }

    private sealed record Work(IDocumentStore Store, CompiledDataset Dataset, ErasureOrder Order, PersonalDocuments Personal, ErasureScan Scan)
    {
        public bool Keeps => Dataset.Definition.KeepRowsOfErased;
    }

    private sealed class Counts
    {
        public long Erased { get; set; }

        public long Pseudonymised { get; set; }

        public long Missed { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "An erasure waits for the store of the dataset {Dataset}: {Reason}")]
        public static partial void Waits(ILogger logger, long dataset, string reason);

        [LoggerMessage(2, LogLevel.Error, "An erasure met a fault in the store of the dataset {Dataset}")]
        public static partial void Fault(ILogger logger, Exception exception, long dataset);
    }
}
