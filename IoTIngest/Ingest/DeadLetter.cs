using System.Globalization;
using System.Text;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using Rejection = AiMesh.Iot.V1.IngestReadingsResponse.Types.Rejection;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>Something that was refused, kept with the reason so that it can be looked into (T3).</summary>
internal sealed record DeadLetter(KnownDevice Device, string Source, string Reason, string Payload)
{
    private const int LongestReason = 1_000;
    private const int LongestPayload = 16_384;

    /// <summary>The refused readings of a request: what is wrong with each, and the readings as JSON.</summary>
    public static DeadLetter Of(KnownDevice device, string source, IngestReadingsRequest request, IReadOnlyList<Rejection> rejections)
    {
        var reason = new StringBuilder();
        var payload = new StringBuilder("[");
        foreach (var rejection in rejections)
        {
            if (reason.Length < LongestReason)
                reason.Append(CultureInfo.InvariantCulture, $"readings[{rejection.Index}].{rejection.Field}: {rejection.Reason}; ");
            if (payload.Length >= LongestPayload)
                break;

            // ToString, not a JsonFormatter: that one throws on a time that is none.
            payload.Append(payload.Length > 1 ? "," : "").Append(request.Readings[rejection.Index].ToString());
        }

        return Of(device, source, reason.ToString().TrimEnd(' ', ';'), payload.Append(']').ToString());
    }

    /// <summary>A payload that could not be read at all.</summary>
    public static DeadLetter Of(KnownDevice device, string source, string reason, string payload) =>
        new(device, source, Storable(reason, LongestReason), Storable(payload, LongestPayload));

    // Cut off, and without what PostgreSQL's text cannot hold: U+0000 and halves of surrogate pairs.
    private static string Storable(string text, int longest)
    {
        var kept = text.Length <= longest ? text : text[..longest];
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(kept)).Replace('\0', '\uFFFD');
    }
}
