namespace AiMesh.IoTIngest.Detection;

/// <summary>Everything the detector remembers of one metric of one device: a dozen numbers, however long the series.</summary>
/// <remarks>A value type, so that a batch can work on copies and keep them only once its readings are durable.</remarks>
internal record struct DetectorState
{
    public long Readings;

    /// <summary>Where the series has been over about the last thousand readings.</summary>
    public double Level;

    /// <summary>Where it has been over about the last ten.</summary>
    public double Recent;

    /// <summary>Distance of a reading from <see cref="Level"/>.</summary>
    public Surprise Value;

    /// <summary>Distance of a reading from <see cref="Recent"/>.</summary>
    public Surprise Jump;

    /// <summary>Distance of <see cref="Recent"/> from <see cref="Level"/>.</summary>
    public Surprise Shift;
}
