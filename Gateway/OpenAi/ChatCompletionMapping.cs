using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using AiMesh.Ai.V1;

namespace AiMesh.Gateway.OpenAi;

/// <summary>Between OpenAI's format and aimesh.ai.v1.Chat.</summary>
internal static class ChatCompletionMapping
{
    public static bool TryMap(ChatCompletionRequest request, [NotNullWhen(true)] out CompleteRequest? mapped, [NotNullWhen(false)] out ErrorBody? error)
    {
        mapped = null;
        error = FindUnserved(request);
        if (error is not null)
            return false;

        var result = new CompleteRequest
        {
            Model = request.Model ?? "",
            MaxOutputTokens = request.MaxCompletionTokens ?? request.MaxTokens ?? 0,
        };
        if (request.Temperature is { } temperature)
            result.Temperature = temperature;
        if (request.TopP is { } topP)
            result.TopP = topP;

        for (var i = 0; i < request.Messages!.Count; i++)
        {
            if (!TryMapMessage(request.Messages[i], $"messages[{i}]", out var message, out error))
                return false;
            result.Messages.Add(message);
        }

        if (!TryMapStop(request.Stop, result, out error))
            return false;
        mapped = result;
        return true;
    }

    public static ChatCompletion ToCompletion(CompleteResponse response, long created) => new(
        $"chatcmpl-{response.CallId}", "chat.completion", created, response.Model,
        [new Choice(0, new AnswerMessage("assistant", response.Content), null, ToFinishReason(response.FinishReason))], ToUsage(response));

    public static CompletionUsage ToUsage(CompleteResponse response) => new(
        response.Usage.InputTokens, response.Usage.OutputTokens, response.Usage.InputTokens + response.Usage.OutputTokens,
        new PromptTokensDetails(response.Usage.CachedInputTokens), new CompletionTokensDetails(response.Usage.ReasoningTokens), response.Cost.Amount);

    public static string ToFinishReason(FinishReason reason) => reason switch
    {
        FinishReason.Length => "length",
        FinishReason.ContentFilter => "content_filter",
        _ => "stop",
    };

    private static ErrorBody? FindUnserved(ChatCompletionRequest request) => request switch
    {
        { Messages: null or [] } => Invalid("messages", "messages is required and must hold at least one message."),
        { N: not null and not 1 } => Invalid("n", "n must be 1: the mesh answers with one choice."),
        { Tools: { ValueKind: JsonValueKind.Array } tools } when tools.GetArrayLength() > 0 => Invalid("tools", "tools are not served; leave them out."),
        _ => null,
    };

    private static bool TryMapMessage(
        ChatMessage? message, string at, [NotNullWhen(true)] out Message? mapped, [NotNullWhen(false)] out ErrorBody? error)
    {
        mapped = null;
        var role = message?.Role switch
        {
            "system" or "developer" => Message.Types.Role.System,
            "user" => Message.Types.Role.User,
            "assistant" => Message.Types.Role.Assistant,
            _ => Message.Types.Role.Unspecified,
        };
        error = role == Message.Types.Role.Unspecified ? Invalid($"{at}.role", "role must be system, developer, user or assistant.") : null;
        if (error is null && TextOf(message!.Content) is { } text)
            mapped = new Message { Role = role, Content = text };
        else
            error ??= Invalid($"{at}.content", "content must be a string, or a list of parts of type text.");
        return error is null;
    }

    private static string? TextOf(JsonElement? content)
    {
        if (content is not { } element)
            return null;
        if (element.ValueKind == JsonValueKind.String)
            return element.GetString();
        if (element.ValueKind != JsonValueKind.Array)
            return null;

        var texts = new List<string>();
        foreach (var part in element.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String
                || type.GetString() != "text" || !part.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            texts.Add(text.GetString()!);
        }

        return string.Join('\n', texts);
    }

    private static bool TryMapStop(JsonElement? stop, CompleteRequest request, [NotNullWhen(false)] out ErrorBody? error)
    {
        error = null;
        switch (stop?.ValueKind)
        {
            case null or JsonValueKind.Null:
                return true;
            case JsonValueKind.String:
                request.Stop.Add(stop.Value.GetString()!);
                return true;
            case JsonValueKind.Array when stop.Value.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String):
                request.Stop.AddRange(stop.Value.EnumerateArray().Select(text => text.GetString()!));
                return true;
            default:
                error = Invalid("stop", "stop must be a string or a list of strings.");
                return false;
        }
    }

    private static ErrorBody Invalid(string param, string message) => new(message, "invalid_request_error", param, null);
}
