using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Completion;

/// <summary>Checks a request and reports every fault at once.</summary>
internal static class CompleteRequestReader
{
    public const int DefaultOutputTokens = 1024;
    public const int MaxOutputTokens = 32_768;
    private const int MaxMessages = 200;
    private const int MaxMessageLength = 1_000_000;
    private const int MaxStops = 4;

    public static Result<(IReadOnlyList<ChatMessage> Messages, ChatOptions Options)> Read(CompleteRequest request)
    {
        var faults = new List<FieldViolation>();
        if (request.Messages.Count is 0 or > MaxMessages)
            faults.Add(new FieldViolation("messages", $"must hold 1 to {MaxMessages} messages."));
        else if (request.Messages[^1].Role != Message.Types.Role.User)
            faults.Add(new FieldViolation("messages", "must end with a message of role USER."));
        for (var i = 0; i < Math.Min(request.Messages.Count, MaxMessages); i++)
        {
            if (RoleOf(request.Messages[i]) is null)
                faults.Add(new FieldViolation($"messages[{i}].role", "must be SYSTEM, USER or ASSISTANT."));
            if (request.Messages[i].Content.Length > MaxMessageLength)
                faults.Add(new FieldViolation($"messages[{i}].content", $"must have at most {MaxMessageLength} characters."));
        }

        if (request.HasTemperature && request.Temperature is not (>= 0 and <= 2))
            faults.Add(new FieldViolation("temperature", "must lie between 0 and 2."));
        if (request.HasTopP && request.TopP is not (>= 0 and <= 1))
            faults.Add(new FieldViolation("top_p", "must lie between 0 and 1."));
        if (request.MaxOutputTokens is < 0 or > MaxOutputTokens)
            faults.Add(new FieldViolation("max_output_tokens", $"must lie between 1 and {MaxOutputTokens}; 0 means {DefaultOutputTokens}."));
        if (request.Stop.Count > MaxStops)
            faults.Add(new FieldViolation("stop", $"must hold at most {MaxStops} texts."));
        if (faults.Count > 0)
            return new InvalidFields([.. faults]);

        return (
            request.Messages.Select(message => new ChatMessage(RoleOf(message)!.Value, message.Content)).ToList(),
            new ChatOptions
            {
                Temperature = request.HasTemperature ? (float)request.Temperature : null,
                TopP = request.HasTopP ? (float)request.TopP : null,
                MaxOutputTokens = request.MaxOutputTokens == 0 ? DefaultOutputTokens : request.MaxOutputTokens,
                StopSequences = request.Stop.Count == 0 ? null : [.. request.Stop],
            });
    }

    private static ChatRole? RoleOf(Message message) => message.Role switch
    {
        Message.Types.Role.System => ChatRole.System,
        Message.Types.Role.User => ChatRole.User,
        Message.Types.Role.Assistant => ChatRole.Assistant,
        _ => null,
    };
}
