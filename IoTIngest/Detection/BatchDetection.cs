using System.Runtime.InteropServices;

namespace AiMesh.IoTIngest.Detection;

/// <summary>
/// The detector at work on one batch. Works on copies, so that a batch that fails leaves no trace: its readings will come again.
/// </summary>
internal sealed class BatchDetection(Dictionary<int, SeriesMemory> memories)
{
    /// <summary>A saved state is at most this many readings old, which bounds what a restart has to read.</summary>
    public const int SaveEvery = 200;

    private readonly Dictionary<int, SeriesMemory> _touched = [];
    private readonly Dictionary<int, AlertChange> _open = [];
    private readonly List<AlertChange> _changes = [];

    /// <summary>In order of occurrence.</summary>
    public IReadOnlyList<AlertChange> Changes => _changes;

    /// <summary>Whether a reading is anomalous. Late ones, older than what the series has seen, are not judged.</summary>
    public bool Observe(int series, DateTime time, double value)
    {
        ref var memory = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, series, out var known);
        if (!known)
            memories.TryGetValue(series, out memory);

        if (time < memory.Through)
            return false;

        memory.Through = time;
        memory.Unsaved++;
        var verdict = AnomalyDetector.Observe(ref memory.Detector, value);
        switch (memory.Alert.Observe(verdict.IsAnomalous))
        {
            case AlertStep.Raise or AlertStep.Join:
                ChangeOf(series).Add(time, value, verdict);
                break;
            case AlertStep.Close:
                ChangeOf(series).ClosedAt = time;
                _open.Remove(series);
                break;
        }

        return verdict.IsAnomalous;
    }

    /// <summary>States that are due to be saved with the batch.</summary>
    public List<(int Series, DateTime Through, byte[] State)> TakeDue()
    {
        var due = new List<(int Series, DateTime Through, byte[] State)>();
        foreach (var series in _touched.Keys)
        {
            ref var memory = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, series);
            if (memory.Unsaved < SaveEvery)
                continue;

            memory.Unsaved = 0;
            due.Add((series, memory.Through, memory.Serialize()));
        }

        return due;
    }

    /// <summary>The batch is durable: what was learnt from it is kept.</summary>
    public void Commit()
    {
        foreach (var (series, memory) in _touched)
            memories[series] = memory;
    }

    private AlertChange ChangeOf(int series)
    {
        if (_open.TryGetValue(series, out var change))
            return change;

        change = new AlertChange { Id = Guid.CreateVersion7(), Series = series };
        _open.Add(series, change);
        _changes.Add(change);
        return change;
    }
}
