using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiMesh.Gateway.OpenAi;

// The parts of OpenAI's chat completions format that the mesh serves:
// https://platform.openai.com/docs/api-reference/chat. Names are snake_case on the wire (OpenAiJson).

internal sealed record ChatCompletionRequest(
    string? Model,
    IReadOnlyList<ChatMessage>? Messages,
    bool? Stream,
    StreamOptions? StreamOptions,
    double? Temperature,
    double? TopP,
    int? MaxTokens,
    int? MaxCompletionTokens,
    int? N,
    JsonElement? Stop,
    JsonElement? Tools);

internal sealed record StreamOptions(bool IncludeUsage);

/// <param name="Content">Text, or a list of parts of which those of type "text" are served.</param>
internal sealed record ChatMessage(string? Role, JsonElement? Content);

internal sealed record ChatCompletion(string Id, string Object, long Created, string Model, IReadOnlyList<Choice> Choices, CompletionUsage? Usage);

internal sealed record Choice(int Index, AnswerMessage? Message, AnswerMessage? Delta, string? FinishReason);

internal sealed record AnswerMessage(string? Role, string? Content);

/// <param name="Cost">Not OpenAI's: what the call cost, a decimal in US dollars. SDKs ignore fields they do not know.</param>
internal sealed record CompletionUsage(
    long PromptTokens, long CompletionTokens, long TotalTokens, PromptTokensDetails PromptTokensDetails,
    CompletionTokensDetails CompletionTokensDetails, string Cost);

internal sealed record PromptTokensDetails(long CachedTokens);

internal sealed record CompletionTokensDetails(long ReasoningTokens);

internal sealed record ModelList(string Object, IReadOnlyList<ModelCard> Data);

internal sealed record ModelCard(string Id, string Object, long Created, string OwnedBy);

internal sealed record ErrorAnswer(ErrorBody Error);

internal sealed record ErrorBody(string Message, string Type, string? Param, string? Code);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ChatCompletionRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class OpenAiJson : JsonSerializerContext;
