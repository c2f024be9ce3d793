using System.Globalization;
using System.Text.RegularExpressions;
using AiMesh.Iot.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using Rejection = AiMesh.Iot.V1.IngestReadingsResponse.Types.Rejection;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>What the contract demands of a request and of each reading in it (T3).</summary>
internal static partial class ReadingRules
{
    public const int LargestRequest = 5_000;
    public const int LongestRequestId = 64;

    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Behind = TimeSpan.FromDays(30);

    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;
    private const int NanosecondsPerTick = 100;

    /// <summary>Null when the request as a whole is in order.</summary>
    public static MeshError? Check(IngestReadingsRequest request)
    {
        List<FieldViolation> faults = [];
        if (request.RequestId.Length > LongestRequestId)
            faults.Add(new FieldViolation("request_id", $"expected at most {LongestRequestId} characters"));
        else if (StorableText.FirstFault(request.RequestId) is not null)
            faults.Add(new FieldViolation("request_id", StorableText.Expected));
        if (request.Readings.Count is 0 or > LargestRequest)
            faults.Add(new FieldViolation("readings", string.Create(CultureInfo.InvariantCulture, $"expected 1 to {LargestRequest} readings, not {request.Readings.Count}")));

        return faults.Count == 0 ? null : new InvalidFields([.. faults]);
    }

    /// <summary>When a reading was measured, or what is wrong with it.</summary>
    /// <param name="index">Position in the request.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="now">The service's clock.</param>
    /// <param name="time">UTC, to the microsecond.</param>
    public static Rejection? Check(int index, Reading reading, DateTime now, out DateTime time)
    {
        time = Truncated(now);
        if (!MetricForm().IsMatch(reading.Metric))
            return Rejected(index, "metric", "expected 1 to 63 characters of a-z, A-Z, 0-9, '_', '-', '.' and '/'");

        if (!double.IsFinite(reading.Value))
            return Rejected(index, "value", "expected a finite number");

        if (reading.Time is null)
            return null;

        if (!TryConvert(reading.Time, out time))
            return Rejected(index, "time", "not a valid timestamp");

        if (time > now + Ahead)
            return Rejected(index, "time", $"expected at most 5 minutes ahead of the service's clock, which is at {Written(now)}");

        if (time < now - Behind)
            return Rejected(index, "time", $"expected at most 30 days behind the service's clock, which is at {Written(now)}");

        return null;
    }

    public static Rejection Rejected(int index, string field, string reason) => new() { Index = index, Field = field, Reason = reason };

    private static bool TryConvert(Timestamp timestamp, out DateTime time)
    {
        time = default;
        if (timestamp.Nanos is < 0 or > 999_999_999)
            return false;

        // Years 1 to 9999, as the contract of Timestamp has it.
        if (timestamp.Seconds < -62_135_596_800 || timestamp.Seconds > 253_402_300_799)
            return false;

        time = Truncated(DateTime.UnixEpoch.AddSeconds(timestamp.Seconds).AddTicks(timestamp.Nanos / NanosecondsPerTick));
        return true;
    }

    private static DateTime Truncated(DateTime time) => new(time.Ticks - (time.Ticks % TicksPerMicrosecond), DateTimeKind.Utc);

    private static string Written(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex("^[A-Za-z0-9_./-]{1,63}\\z")]
    private static partial Regex MetricForm();
}
