using AiMesh.IoTIngest.Storage;

namespace AiMesh.IoTIngest.Detection;

/// <summary>Brings the memory of a series back: the state that was saved last, brought up to date by the readings since.</summary>
internal sealed class DetectorStore(ScopedDatabase database)
{
    /// <summary>Readings that a state without a saved one is built from: the detector's memory reaches back about as far.</summary>
    public const int LongestReplay = 1_000;

    private const string Saved =
        """
        SELECT s.id, d.through, d.state, a.id IS NOT NULL
        FROM organisations o JOIN series s ON s.organisation = o.key
        LEFT JOIN detector_states d ON d.series = s.id AND d.organisation = o.key
        LEFT JOIN alerts a ON a.series = s.id AND a.organisation = $1 AND a.closed_at IS NULL
        WHERE o.id = $1 AND s.id = ANY ($2)
        """;

    private const string Recent =
        """
        SELECT r.series, r.time, r.value
        FROM organisations o CROSS JOIN unnest($2, $3) AS wanted (series, after)
        CROSS JOIN LATERAL (
            SELECT series, time, value FROM readings
            WHERE series = wanted.series AND organisation = o.key AND time > wanted.after
            ORDER BY time DESC LIMIT $4) r
        WHERE o.id = $1
        ORDER BY r.series, r.time
        """;

    public async Task<Dictionary<int, SeriesMemory>> LoadAsync(string organisation, int[] series, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync(
            organisation,
            Saved,
            [series],
            static row => (Id: row.GetInt32(0), Through: row.IsDBNull(1) ? (DateTime?)null : row.GetDateTime(1), State: row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2), IsOpen: row.GetBoolean(3)),
            cancellationToken);

        var memories = new Dictionary<int, SeriesMemory>(rows.Count);
        foreach (var (id, through, state, _) in rows)
        {
            if (state is not null && SeriesMemory.TryDeserialize(state, out var memory))
                memories[id] = memory with { Through = through!.Value };
            else
                memories[id] = new SeriesMemory { Through = DateTime.UnixEpoch };
        }

        foreach (var (id, _, _, isOpen) in rows)
            memories[id] = memories[id] with { Alert = memories[id].Alert with { IsOpen = isOpen } };
        await ReplayAsync(organisation, memories, cancellationToken);
        foreach (var (id, _, _, isOpen) in rows)
            memories[id] = memories[id] with { Alert = new AlertTracker { IsOpen = isOpen, NormalInARow = isOpen ? memories[id].Alert.NormalInARow : 0 } };
        return memories;
    }

    private async Task ReplayAsync(string organisation, Dictionary<int, SeriesMemory> memories, CancellationToken cancellationToken)
    {
        int[] series = [.. memories.Keys];
        DateTime[] after = [.. memories.Values.Select(static memory => memory.Through)];
        var readings = await database.QueryAsync(
            organisation,
            Recent,
            [series, after, LongestReplay],
            static row => (Series: row.GetInt32(0), Time: row.GetDateTime(1), Value: row.GetDouble(2)),
            cancellationToken);
        foreach (var (id, time, value) in readings)
        {
            var memory = memories[id];
            memory.Alert.Observe(AnomalyDetector.Observe(ref memory.Detector, value).IsAnomalous);
            memory.Through = time;
            memory.Unsaved++;
            memories[id] = memory;
        }
    }
}
