using System.Buffers;
using System.Globalization;
using System.Text.Json;
using AiMesh.Iot.V1;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>
/// What a device publishes as readings: <c>{"metric":"t","value":1,"time":"…Z"}</c>, an array of such, or
/// <c>{"requestId":"…","readings":[…]}</c>. Strict, like the contract: whatever is not one of these is refused as a whole.
/// </summary>
internal static class MqttPayload
{
    public static Result<IngestReadingsRequest> Parse(ReadOnlySequence<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = 4 });
            reader.Read();
            var request = reader.TokenType switch
            {
                JsonTokenType.StartObject => ReadObject(ref reader),
                JsonTokenType.StartArray => ReadReadings(ref reader, new IngestReadingsRequest()),
                _ => throw new FormatException("expected an object or an array"),
            };

            // Throws when something follows.
            reader.Read();
            return request;
        }
        catch (FormatException exception)
        {
            return new InvalidField("payload", exception.Message);
        }
        catch (JsonException exception)
        {
            return new InvalidField("payload", string.Create(CultureInfo.InvariantCulture, $"not JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})"));
        }
        catch (InvalidOperationException)
        {
            // A string that is not UTF-8, or half of a surrogate pair.
            return new InvalidField("payload", "holds text that is not Unicode");
        }
    }

    private static IngestReadingsRequest ReadObject(ref Utf8JsonReader reader)
    {
        var request = new IngestReadingsRequest();
        var fields = new ReadingFields();
        var isEnvelope = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isRequestId = reader.ValueTextEquals("requestId"u8);
            if (!isRequestId && !reader.ValueTextEquals("readings"u8))
            {
                fields.ReadProperty(ref reader);
                continue;
            }

            isEnvelope = true;
            reader.Read();
            if (isRequestId)
                request.RequestId = Text(ref reader, "requestId");
            else if (reader.TokenType != JsonTokenType.StartArray || request.Readings.Count > 0)
                throw new FormatException("readings: expected one array");
            else
                ReadReadings(ref reader, request);
        }

        if (!isEnvelope)
            request.Readings.Add(fields.ToReading());
        else if (fields.Any)
            throw new FormatException("a reading and a list of readings in one object");
        return request;
    }

    private static IngestReadingsRequest ReadReadings(ref Utf8JsonReader reader, IngestReadingsRequest request)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"readings[{request.Readings.Count}]: expected an object"));

            var fields = new ReadingFields();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                fields.ReadProperty(ref reader);
            request.Readings.Add(fields.ToReading());
        }

        return request;
    }

    private static string Text(ref Utf8JsonReader reader, string field) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new FormatException($"{field}: expected a string");

    /// <summary>The fields of one reading as they come, in any order.</summary>
    private struct ReadingFields
    {
        private string? _metric;
        private double? _value;
        private Timestamp? _time;

        public readonly bool Any => _metric is not null || _value is not null || _time is not null;

        public void ReadProperty(ref Utf8JsonReader reader)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "metric" when _metric is null:
                    _metric = Text(ref reader, name);
                    break;
                case "value" when _value is null:
                    _value = reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : throw new FormatException("value: expected a number");
                    break;
                case "time" when _time is null:
                    _time = Time(ref reader);
                    break;
                case "metric" or "value" or "time":
                    throw new FormatException($"{name}: stands twice");
                default:
                    throw new FormatException($"unknown field '{(name.Length <= 64 ? name : name[..64])}'; expected metric, value, time, or requestId, readings");
            }
        }

        public readonly Reading ToReading() => new()
        {
            Metric = _metric ?? throw new FormatException("metric: missing"),
            Value = _value ?? throw new FormatException("value: missing"),
            Time = _time,
        };

        // An offset is required: without one it would be the time of wherever the service runs.
        private static Timestamp Time(ref Utf8JsonReader reader)
        {
            var text = Text(ref reader, "time");
            var hasOffset = text.EndsWith('Z') || (text.Length > 19 && text.AsSpan(19).IndexOfAny('+', '-') >= 0);
            return hasOffset && reader.TryGetDateTimeOffset(out var time)
                ? Timestamp.FromDateTimeOffset(time)
                : throw new FormatException("time: expected RFC 3339, for example 2026-01-31T12:00:00Z");
        }
    }
}
