using System.Text.Json;
using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf;

namespace AiMesh.AiService.Ask.Events;

/// <summary>Reads a question from a JSON body. What cannot be read is told by the names of its fields, as the JSON endpoint does.</summary>
internal static class EventRequestReader
{
    private static readonly JsonParser Json = new(JsonParser.Settings.Default);

    public static async Task<Result<AskRequest>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType()) return new InvalidField("Content-Type", "application/json.");

        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(cancellationToken);
        if (TryParse(body, out var question)) return question;
        return Faults(body) is [_, ..] faults ? new InvalidFields([.. faults]) : new InvalidField("body", "A JSON object is expected.");
    }

    // The parser does not say which field it stumbled over, so each is tried alone.
    private static List<FieldViolation> Faults(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is not JsonValueKind.Object) return [];
            return [.. document.RootElement.EnumerateObject().Select(FaultOf).OfType<FieldViolation>()];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static FieldViolation? FaultOf(JsonProperty property)
    {
        if (!AskRequest.Descriptor.Fields.InDeclarationOrder().Any(f => property.NameEquals(f.JsonName) || property.NameEquals(f.Name)))
            return new FieldViolation(property.Name, "There is no such field.");
        return TryParse($"{{{JsonSerializer.Serialize(property.Name)}:{property.Value.GetRawText()}}}", out _)
            ? null
            : new FieldViolation(property.Name, "The value is not of the field's type.");
    }

    private static bool TryParse(string json, out AskRequest request)
    {
        try
        {
            request = Json.Parse<AskRequest>(json);
            return true;
        }
        catch (Exception exception) when (exception is InvalidJsonException or InvalidProtocolBufferException)
        {
            request = new AskRequest();
            return false;
        }
    }
}
