using System.Globalization;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Storage;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Readings;

/// <summary>Reads a ListReadingsRequest; all faults are reported at once.</summary>
internal static class ReadingRequest
{
    private const int DefaultPageSize = 100;
    private const int LargestPageSize = 10_000;
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromHours(24);

    // PostgreSQL's timestamptz reaches further on both sides.
    private static readonly DateTime Earliest = new(1, 1, 2, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Latest = new(9999, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The query, which asks for one reading more than the page, to know whether another page follows.</summary>
    public static Result<ReadingQuery> Parse(string organisation, ListReadingsRequest request, DateTime now)
    {
        List<FieldViolation> faults = [];
        if (request.Device.Length == 0)
            faults.Add(new FieldViolation("device", "required"));
        else if (!DeviceId.IsValid(request.Device))
            return new NotFound("device", request.Device);
        if (request.Metric.Contains('\0', StringComparison.Ordinal))
            faults.Add(new FieldViolation("metric", "not a name of a metric"));
        if (request.PageSize is < 0 or > LargestPageSize)
            faults.Add(new FieldViolation("page_size", string.Create(CultureInfo.InvariantCulture, $"expected 1 to {LargestPageSize}, or 0 for {DefaultPageSize}")));

        var end = Moment("end_time", request.EndTime, now, faults);
        var start = Moment("start_time", request.StartTime, end > Earliest + DefaultSpan ? end - DefaultSpan : Earliest, faults);
        if (faults.Count == 0 && start >= end)
            faults.Add(new FieldViolation("start_time", "expected to be before end_time"));

        var after = Position(organisation, request, faults);
        if (faults.Count > 0)
            return new InvalidFields([.. faults]);

        return new ReadingQuery(organisation, request.Device, request.Metric, start, end, after, PageSize(request) + 1);
    }

    public static int PageSize(ListReadingsRequest request) => request.PageSize == 0 ? DefaultPageSize : request.PageSize;

    /// <summary>
    /// What a page token is bound to. Not the default end, which is another moment in each request: what arrives between two pages is newer
    /// than the first page and so never on a later one.
    /// </summary>
    public static string Scope(string organisation, ListReadingsRequest request) =>
        $"readings {organisation} {request.Device} {request.Metric} {request.StartTime} {request.EndTime}";

    private static ReadingPosition? Position(string organisation, ListReadingsRequest request, List<FieldViolation> faults)
    {
        if (request.PageToken.Length == 0)
            return null;

        if (PageToken.TryRead(request.PageToken, Scope(organisation, request), out var bytes) && ReadingPosition.TryParse(bytes, out var position))
            return position;

        faults.Add(new FieldViolation("page_token", "not a token of this list, or of other filters"));
        return null;
    }

    private static DateTime Moment(string field, Timestamp? timestamp, DateTime otherwise, List<FieldViolation> faults)
    {
        if (timestamp is null)
            return otherwise;

        var first = Timestamp.FromDateTime(Earliest).Seconds;
        var last = Timestamp.FromDateTime(Latest).Seconds;
        if (timestamp.Nanos is >= 0 and <= 999_999_999 && timestamp.Seconds >= first && timestamp.Seconds <= last)
            return timestamp.ToDateTime();

        faults.Add(new FieldViolation(field, "not a valid timestamp"));
        return otherwise;
    }
}
