using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiMesh.ProviderSimulator;

/// <summary>POST /v1/chat/completions.</summary>
internal static class ChatCompletions
{
    public static async Task ServeAsync(HttpContext httpContext, SimulatorState state)
    {
        using var reader = new StreamReader(httpContext.Request.Body);
        var text = await reader.ReadToEndAsync(httpContext.RequestAborted);
        state.Bodies.Enqueue(text);
        if (Read(text) is not { } request || request.Messages.Count == 0)
        {
            await Errors.WriteAsync(httpContext, 400, "invalid_request_error", "The body is not a request for a completion.");
            return;
        }

        if (!PriceList.OfModels.ContainsKey(request.Model))
        {
            await Errors.WriteAsync(httpContext, 404, "model_not_found", $"The model '{request.Model}' does not exist.");
            return;
        }

        var script = state.NextScript() ?? Script.In(request.Messages[^1]) ?? new Script();
        var billed = state.Open(request.Model, Tokens.OfPrompt(request.Messages), request.Stream);
        try
        {
            if (script.DelayMs > 0) await Task.Delay(script.DelayMs, httpContext.RequestAborted);
            var status = script.FailsFor is null || script.FailsFor == state.Key ? script.Status : null;
            billed.Status = status ?? 200;
            if (status is not null)
                await Errors.WriteAsync(httpContext, status.Value, script.Code ?? "server_error", "Scripted failure.", script.RetryAfter);
            else if (request.Stream)
                await StreamAsync(httpContext, request, script, billed);
            else
                await AnswerAsync(httpContext, request, script, billed);
        }
        catch (OperationCanceledException)
        {
            billed.Disconnected = true;
        }
        finally
        {
            billed.Finished = true;
        }
    }

    private static async Task AnswerAsync(HttpContext httpContext, CompletionRequest request, Script script, BilledRequest billed)
    {
        var (tokens, finish) = Answer(request, script);
        if (script.BreakAfter is not null)
        {
            httpContext.Abort();
            return;
        }

        (billed.CachedTokens, billed.CompletionTokens) = (script.Cached, tokens.Count + script.Reasoning);
        var body = new JsonObject
        {
            ["id"] = $"chatcmpl-{billed.Number}",
            ["object"] = "chat.completion",
            ["model"] = request.Model,
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = string.Concat(tokens) },
                ["finish_reason"] = finish,
            }),
            ["usage"] = Usage(billed, script),
        };
        httpContext.Response.ContentType = "application/json";
        await httpContext.Response.WriteAsync(script.MalformedAfter is null ? body.ToJsonString() : "{\"choices\":", httpContext.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext httpContext, CompletionRequest request, Script script, BilledRequest billed)
    {
        var (tokens, finish) = Answer(request, script);
        httpContext.Response.ContentType = "text/event-stream";
        await SendAsync(httpContext, Chunk(billed, new JsonObject { ["role"] = "assistant", ["content"] = "" }, null));

        billed.CachedTokens = script.Cached;
        for (var written = 0; ; written++)
        {
            if (written == script.BreakAfter)
            {
                httpContext.Abort();
                return;
            }

            if (written == script.MalformedAfter || written == script.ErrorAfter)
            {
                await SendAsync(httpContext, written == script.ErrorAfter ? "{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}" : "{\"choices\":[{\"delta\":");
                return;
            }

            if (written == script.HoldAfter) await Task.Delay(Timeout.Infinite, httpContext.RequestAborted);
            if (written == tokens.Count) break;
            if (script.TokenDelayMs > 0) await Task.Delay(script.TokenDelayMs, httpContext.RequestAborted);
            await SendAsync(httpContext, Chunk(billed, new JsonObject { ["content"] = tokens[written] }, null));
            billed.CompletionTokens++;
        }

        if (billed.CompletionTokens > 0) billed.CompletionTokens += script.Reasoning;
        await SendAsync(httpContext, Chunk(billed, [], finish));
        if (request.IncludeUsage && !script.NoUsage)
            await SendAsync(httpContext, new JsonObject { ["id"] = $"chatcmpl-{billed.Number}", ["object"] = "chat.completion.chunk", ["choices"] = new JsonArray(), ["usage"] = Usage(billed, script) }.ToJsonString());
        await SendAsync(httpContext, "[DONE]");
    }

    private static (List<string> Tokens, string Finish) Answer(CompletionRequest request, Script script)
    {
        var tokens = Tokens.Cut(script.Text ?? Tokens.Filler(script.Tokens)).ToList();
        return request.MaxTokens is { } most && tokens.Count > most ? (tokens[..most], "length") : (tokens, script.Finish);
    }

    private static JsonObject Usage(BilledRequest billed, Script script) => new()
    {
        ["prompt_tokens"] = billed.PromptTokens,
        ["completion_tokens"] = billed.CompletionTokens,
        ["total_tokens"] = billed.PromptTokens + billed.CompletionTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = billed.CachedTokens },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = script.Reasoning },
    };

    private static string Chunk(BilledRequest billed, JsonObject delta, string? finish) => new JsonObject
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"chatcmpl-{billed.Number}"),
        ["object"] = "chat.completion.chunk",
        ["model"] = billed.Model,
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }),
        ["usage"] = null,
    }.ToJsonString();

    private static async Task SendAsync(HttpContext httpContext, string data)
    {
        httpContext.RequestAborted.ThrowIfCancellationRequested();

        // Once begun it is not cancelled: a token that the client has seen must be in the books, also when it leaves at once.
        await httpContext.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"), CancellationToken.None);
        await httpContext.Response.Body.FlushAsync(CancellationToken.None);
    }

    private static CompletionRequest? Read(string text)
    {
        try
        {
            var root = JsonNode.Parse(text)!.AsObject();
            return new CompletionRequest(
                root["model"]!.GetValue<string>(),
                [.. root["messages"]!.AsArray().Select(m => m!["content"]!.GetValue<string>())],
                root["stream"]?.GetValue<bool>() ?? false,
                root["stream_options"]?["include_usage"]?.GetValue<bool>() ?? false,
                (root["max_tokens"] ?? root["max_completion_tokens"])?.GetValue<int>());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            return null;
        }
    }

    private sealed record CompletionRequest(string Model, List<string> Messages, bool Stream, bool IncludeUsage, int? MaxTokens);
}
