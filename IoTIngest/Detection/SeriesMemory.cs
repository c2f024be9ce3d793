using System.Buffers.Binary;

namespace AiMesh.IoTIngest.Detection;

/// <summary>What is kept in memory for one series. Copied while a batch works on it, and put back once the batch is durable.</summary>
internal record struct SeriesMemory
{
    private const byte Version = 1;
    private const int Numbers = 11;
    private const int Length = 1 + sizeof(long) + (Numbers * sizeof(double)) + sizeof(int);

    public DetectorState Detector;

    public AlertTracker Alert;

    /// <summary>Time of the newest reading seen. What comes late is stored but teaches the detector nothing.</summary>
    public DateTime Through;

    /// <summary>Readings seen since the state was last saved.</summary>
    public int Unsaved;

    /// <summary>Detector and tracker as stored; whether an alert is open is for the table of alerts to say.</summary>
    public readonly byte[] Serialize()
    {
        var bytes = new byte[Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), Detector.Readings);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1 + sizeof(long)), Alert.NormalInARow);
        ReadOnlySpan<double> numbers =
        [
            Detector.Level, Detector.Recent,
            Detector.Value.Usual, Detector.Value.LogMean, Detector.Value.LogVariance,
            Detector.Jump.Usual, Detector.Jump.LogMean, Detector.Jump.LogVariance,
            Detector.Shift.Usual, Detector.Shift.LogMean, Detector.Shift.LogVariance,
        ];
        for (var index = 0; index < Numbers; index++)
            BinaryPrimitives.WriteDoubleLittleEndian(NumberAt(bytes, index), numbers[index]);
        return bytes;
    }

    /// <summary>False for what another version of the service wrote: the detector then learns from the stored readings again.</summary>
    public static bool TryDeserialize(ReadOnlySpan<byte> bytes, out SeriesMemory memory)
    {
        memory = default;
        if (bytes.Length != Length || bytes[0] != Version)
            return false;

        Span<double> numbers = stackalloc double[Numbers];
        for (var index = 0; index < Numbers; index++)
            numbers[index] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(1 + sizeof(long) + sizeof(int) + (index * sizeof(double)))..]);
        memory.Detector = new DetectorState
        {
            Readings = BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]),
            Level = numbers[0],
            Recent = numbers[1],
            Value = new Surprise { Usual = numbers[2], LogMean = numbers[3], LogVariance = numbers[4] },
            Jump = new Surprise { Usual = numbers[5], LogMean = numbers[6], LogVariance = numbers[7] },
            Shift = new Surprise { Usual = numbers[8], LogMean = numbers[9], LogVariance = numbers[10] },
        };
        memory.Alert.NormalInARow = BinaryPrimitives.ReadInt32LittleEndian(bytes[(1 + sizeof(long))..]);
        return true;
    }

    private static Span<byte> NumberAt(byte[] bytes, int index) => bytes.AsSpan(1 + sizeof(long) + sizeof(int) + (index * sizeof(double)));
}
