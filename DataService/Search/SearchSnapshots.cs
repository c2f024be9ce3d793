using System.Collections.Concurrent;
using System.Diagnostics;
using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.Ranking;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Search;

/// <summary>What a search works on: the index and what of it may be found, both as of one moment.</summary>
internal sealed record SearchSnapshot(Candidates Candidates, string[] Ready);

/// <summary>
/// Takes snapshots. What was written before is indexed first. Which items may be found comes from the database in the same statement as the index's
/// revision; as long as the dataset stays as it is, it is remembered.
/// </summary>
internal sealed class SearchSnapshots(SearchStore store, SearchIndexer indexer, IndexCache indexes, IOptions<SearchOptions> options)
{
    private const int MaxPending = 1000;
    private const int Attempts = 5;
    private const int MaxRemembered = 256;
    private const long MaxRememberedItems = 8_000_000;

    private readonly ConcurrentDictionary<string, Remembered> _remembered = new(StringComparer.Ordinal);
    private long _rememberedItems;

    public async Task<Result<SearchSnapshot>> TakeAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        try
        {
            var name = query.TakesEverything ? null : query.Name();
            var remembered = name is null ? null : _remembered.GetValueOrDefault(name);
            if (!(await MomentAsync(query, remembered?.Version, cancellationToken)).TryGet(out var moment, out var error)) return error;
            var (state, index) = moment;
            if (name is null) return new SearchSnapshot(Candidates.AllBut(index, state.Revision, state.Pending), state.Ready);
            if (state.Permitted is null && remembered?.Candidates.Index == index && state.Pending.Length == 0 && remembered.Ready.SequenceEqual(state.Ready))
                return new SearchSnapshot(remembered.Candidates.At(state.Revision), state.Ready);

            // The copy in memory was exchanged, another field is complete, or something is to be left out: the items are needed after all.
            if (state.Permitted is null)
            {
                if (!(await MomentAsync(query, known: null, cancellationToken)).TryGet(out moment, out error)) return error;
                (state, index) = moment;
            }

            var candidates = Candidates.Of(index, state.Revision, state.Permitted!, state.Pending);
            if (state is { Version: { } version, Pending.Length: 0 }) Remember(name, new Remembered(version, candidates, state.Ready));
            return new SearchSnapshot(candidates, state.Ready);
        }
        catch (IndexTooLargeException)
        {
            return new IndexTooLarge();
        }
    }

    // The copy may be ahead, and so not know what items held at the moment that was asked for: then a later one is. After some attempts
    // those items are left out, as others that are written meanwhile.
    private async Task<Result<Moment>> MomentAsync(SearchQuery query, long? known, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!(await StateAsync(query, known, cancellationToken)).TryGet(out var state, out var error)) return error;
            var index = await indexes.GetAsync(query.Work, query.HasLocalVectors, state.Revision, cancellationToken);
            if (index.IsWhole(state.Revision) || attempt == Attempts) return new Moment(state, index);
        }
    }

    private async Task<Result<SearchState>> StateAsync(SearchQuery query, long? known, CancellationToken cancellationToken)
    {
        var state = await store.StateAsync(query, known, MaxPending + 1, cancellationToken);
        if (state is null) return new IndexBuilding();
        if (state.Pending.Length == 0) return state;
        var waited = Stopwatch.StartNew();
        while (await indexer.StepAsync(query.Work, state.LastPending, cancellationToken))
            if (waited.Elapsed > options.Value.MaxWait) return new IndexBuilding();

        // What was written meanwhile is left out: its old text must not speak for it, and its new one is not known yet.
        state = await store.StateAsync(query, known, MaxPending + 1, cancellationToken);
        return state is null || state.Pending.Length > MaxPending ? new IndexBuilding() : state;
    }

    private void Remember(string name, Remembered remembered)
    {
        if (_remembered.Count >= MaxRemembered || Interlocked.Add(ref _rememberedItems, remembered.Candidates.Count) > MaxRememberedItems)
        {
            _remembered.Clear();
            Interlocked.Exchange(ref _rememberedItems, remembered.Candidates.Count);
        }

        _remembered[name] = remembered;
    }

    private sealed record Moment(SearchState State, MemoryIndex Index);

    private sealed record Remembered(long Version, Candidates Candidates, string[] Ready);
}
