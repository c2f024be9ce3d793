using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Providers.OpenAi;

/// <summary>Writes requests and reads answers of chat completions.</summary>
internal static class OpenAiWire
{
    public static byte[] WriteRequest(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, string maxTokensField)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", options?.ModelId);
            json.WriteStartArray("messages");
            foreach (var message in messages)
            {
                json.WriteStartObject();
                json.WriteString("role", message.Role.Value);
                json.WriteString("content", message.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (options?.Temperature is { } temperature) json.WriteNumber("temperature", temperature);
            if (options?.TopP is { } topP) json.WriteNumber("top_p", topP);
            if (options?.MaxOutputTokens is { } most) json.WriteNumber(maxTokensField, most);
            if (options?.StopSequences is { Count: > 0 } stops)
            {
                json.WriteStartArray("stop");
                foreach (var stop in stops)
                    json.WriteStringValue(stop);
                json.WriteEndArray();
            }

            if (stream)
            {
                json.WriteBoolean("stream", true);

                // Without it a stream does not tell what it cost.
                json.WriteStartObject("stream_options");
                json.WriteBoolean("include_usage", true);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    public static ChatResponse ReadResponse(JsonElement body)
    {
        try
        {
            var choice = body.GetProperty("choices")[0];
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, Text(choice.GetProperty("message"))))
            {
                FinishReason = FinishReason(choice) ?? ChatFinishReason.Stop,
                Usage = Usage(body),
            };
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            throw new ProviderException(ProviderFailure.Malformed, inner: exception);
        }
    }

    public static ChatResponseUpdate ReadChunk(string data)
    {
        try
        {
            using var chunk = JsonDocument.Parse(data);
            var root = chunk.RootElement;
            if (root.TryGetProperty("error", out var error) && error.ValueKind is not JsonValueKind.Null) throw OpenAiErrors.OfChunk(error);

            var update = new ChatResponseUpdate { Role = ChatRole.Assistant };

            // The last chunk with the usage has no choices.
            if (root.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0)
            {
                if (choices[0].TryGetProperty("delta", out var delta) && Text(delta) is { Length: > 0 } text) update.Contents.Add(new TextContent(text));
                update.FinishReason = FinishReason(choices[0]);
            }

            if (Usage(root) is { } usage) update.Contents.Add(new UsageContent(usage));
            return update;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new ProviderException(ProviderFailure.Malformed, inner: exception);
        }
    }

    private static string Text(JsonElement message) =>
        message.TryGetProperty("content", out var content) && content.ValueKind is JsonValueKind.String ? content.GetString()! : "";

    private static ChatFinishReason? FinishReason(JsonElement choice) =>
        choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind is JsonValueKind.String ? new ChatFinishReason(reason.GetString()!) : null;

    private static UsageDetails? Usage(JsonElement root)
    {
        if (!root.TryGetProperty("usage", out var usage) || usage.ValueKind is not JsonValueKind.Object) return null;
        return new UsageDetails
        {
            InputTokenCount = Count(usage, "prompt_tokens"),
            OutputTokenCount = Count(usage, "completion_tokens"),
            CachedInputTokenCount = usage.TryGetProperty("prompt_tokens_details", out var input) ? Count(input, "cached_tokens") : 0,
            ReasoningTokenCount = usage.TryGetProperty("completion_tokens_details", out var output) ? Count(output, "reasoning_tokens") : 0,
        };
    }

    private static long Count(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var count) && count.ValueKind is JsonValueKind.Number ? count.GetInt64() : 0;
}
