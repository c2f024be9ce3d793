using System.Text.Json.Serialization;

namespace AiMesh.AiService.Providers;

// Chat completions as https://platform.openai.com/docs/api-reference/chat has them, as far as calls need.

internal sealed record WireRequest(
    string Model, IReadOnlyList<WireMessage> Messages, bool Stream, WireStreamOptions StreamOptions,
    double? Temperature, double? TopP, int? MaxCompletionTokens, IReadOnlyList<string>? Stop);

internal sealed record WireStreamOptions(bool IncludeUsage);

internal sealed record WireMessage(string Role, string Content);

internal sealed record WireChunk(IReadOnlyList<WireChoice>? Choices, WireUsage? Usage, WireError? Error);

internal sealed record WireChoice(WireDelta? Delta, string? FinishReason);

internal sealed record WireDelta(string? Content);

internal sealed record WireUsage(long PromptTokens, long CompletionTokens, WirePromptDetails? PromptTokensDetails, WireCompletionDetails? CompletionTokensDetails);

internal sealed record WirePromptDetails(long CachedTokens);

internal sealed record WireCompletionDetails(long ReasoningTokens);

internal sealed record WireError(string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WireRequest))]
[JsonSerializable(typeof(WireChunk))]
internal sealed partial class OpenAiWireJson : JsonSerializerContext;
