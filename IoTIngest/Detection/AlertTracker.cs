namespace AiMesh.IoTIngest.Detection;

internal enum AlertStep
{
    None,

    /// <summary>First anomalous reading: a new alert.</summary>
    Raise,

    /// <summary>A further one: counted on the open alert.</summary>
    Join,

    /// <summary>Normal for long enough: the alert is closed.</summary>
    Close,
}

/// <summary>Makes one alert of many anomalous readings in a row or nearly so. A value type for the same reason as <see cref="DetectorState"/>.</summary>
internal record struct AlertTracker
{
    /// <summary>Normal readings in a row after which an open alert is closed: an hour of a device that measures every minute.</summary>
    public const int CloseAfter = 60;

    public bool IsOpen;

    public int NormalInARow;

    public AlertStep Observe(bool anomalous)
    {
        if (anomalous)
        {
            NormalInARow = 0;
            if (IsOpen)
                return AlertStep.Join;

            IsOpen = true;
            return AlertStep.Raise;
        }

        if (!IsOpen || ++NormalInARow < CloseAfter)
            return AlertStep.None;

        this = default;
        return AlertStep.Close;
    }
}
