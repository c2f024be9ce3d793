namespace AiMesh.IoTIngest.Detection;

/// <summary>What a batch does to the alert of one series. Mutable while the batch is gone through.</summary>
internal sealed class AlertChange
{
    /// <summary>Of the alert, should it be a new one. Ordered by time of creation.</summary>
    public required Guid Id { get; init; }

    public required int Series { get; init; }

    public DateTime StartTime { get; private set; }

    public DateTime LastTime { get; private set; }

    /// <summary>Anomalous readings; 0 where the batch has only the end of an alert.</summary>
    public long Count { get; private set; }

    /// <summary>The most unusual reading and what was expected then.</summary>
    public double Value { get; private set; }

    public Verdict Worst { get; private set; }

    public DateTime? ClosedAt { get; set; }

    public void Add(DateTime time, double value, Verdict verdict)
    {
        if (Count == 0)
            StartTime = time;
        if (Count == 0 || verdict.Score > Worst.Score)
            (Value, Worst) = (value, verdict);
        LastTime = time;
        Count++;
    }
}
