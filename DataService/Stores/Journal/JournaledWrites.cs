using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores.Journal;

/// <summary>Writes to another store than the database, each noted before and settled after it.</summary>
internal sealed class JournaledWrites(StoreJournal journal, JournalSettler settler, CompiledDataset dataset, long operation)
{
    private const int Attempts = 4;

    /// <returns>For each whether it was made, as <see cref="IDocumentStore.WriteAsync"/>.</returns>
    public async Task<IReadOnlyList<bool>> RunAsync(IDocumentStore store, IReadOnlyList<JournalNote> notes, bool atomic, CancellationToken cancellationToken)
    {
        await NoteAsync(notes, cancellationToken);
        var ids = notes.Select(static note => note.Id);
        IReadOnlyList<bool> done;
        try
        {
            done = await store.WriteAsync(dataset.Documents, [.. notes.Select(static note => note.Write)], atomic, cancellationToken);
        }
        catch (MeshException e) when (e.Error is StoreThrottled or StoreLacks && (atomic || notes.Count == 1))
        {
            // It says that it did nothing; the caller hears so and may ask again. After any other fault nobody knows, and the notes stay for who finds out.
            await journal.SettleAsync(dataset, operation, ids, []);
            throw;
        }

        await journal.SettleAsync(dataset, operation, ids, atomic && done.Contains(false) ? [] : ids.Where((_, i) => done[i]));
        return done;
    }

    private async Task NoteAsync(IReadOnlyList<JournalNote> notes, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await journal.NoteAsync(dataset, operation, notes, cancellationToken) is not { } other) return;
            await settler.WaitAsync(other, cancellationToken);
        }

        throw new MeshException(new ItemBusy());
    }
}
