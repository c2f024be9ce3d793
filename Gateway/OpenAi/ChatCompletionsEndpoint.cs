using System.Text.Json;
using AiMesh.Ai.V1;
using Grpc.Core;

namespace AiMesh.Gateway.OpenAi;

/// <summary>POST /v1/chat/completions (G12).</summary>
internal sealed class ChatCompletionsEndpoint(Chat.ChatClient chat, TimeProvider clock)
{
    public async Task<IResult> CompleteAsync(HttpContext context)
    {
        ChatCompletionRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, OpenAiJson.Default.ChatCompletionRequest, context.RequestAborted);
        }
        catch (JsonException exception)
        {
            // The path tells the field; the rest of the message speaks of .NET types.
            var field = exception.Path is null or "$" ? null : exception.Path.TrimStart('$', '.');
            return OpenAiErrors.ToResult(400, new ErrorBody(field is null ? "The body is not a JSON object." : $"{field} has the wrong type, or the JSON ends there.", "invalid_request_error", field, null));
        }

        if (request is null)
            return OpenAiErrors.ToResult(400, new ErrorBody("The body must be a JSON object.", "invalid_request_error", null, null));
        if (!ChatCompletionMapping.TryMap(request, out var mapped, out var error))
            return OpenAiErrors.ToResult(400, error);

        try
        {
            if (request.Stream == true)
                return await StreamAsync(context, mapped, request.StreamOptions?.IncludeUsage == true);
            var response = await chat.CompleteAsync(mapped, cancellationToken: context.RequestAborted);
            return Results.Json(ChatCompletionMapping.ToCompletion(response, Now()), OpenAiJson.Default.ChatCompletion);
        }
        catch (RpcException exception) when (!context.Response.HasStarted)
        {
            return OpenAiErrors.ToResult(exception);
        }
    }

    private async Task<IResult> StreamAsync(HttpContext context, CompleteRequest request, bool includeUsage)
    {
        using var call = chat.StreamComplete(request, cancellationToken: context.RequestAborted);
        // Before the first message the failure can still become an HTTP status.
        if (!await call.ResponseStream.MoveNext(context.RequestAborted))
            return OpenAiErrors.ToResult(502, new ErrorBody("The model gave no answer.", "api_error", null, null));

        var events = new ServerSentEvents(context.Response);
        var created = Now();
        var id = $"chatcmpl-{Guid.NewGuid():N}";
        var model = request.Model;
        try
        {
            await SendAsync(new AnswerMessage("assistant", ""), null);
            do
            {
                var message = call.ResponseStream.Current;
                if (message.Delta.Length > 0)
                    await SendAsync(new AnswerMessage(null, message.Delta), null);
                if (message.Done is { } done)
                {
                    model = done.Model;
                    await SendAsync(new AnswerMessage(null, null), ChatCompletionMapping.ToFinishReason(done.FinishReason));
                    if (includeUsage)
                        await events.SendAsync(new ChatCompletion(id, "chat.completion.chunk", created, model, [], ChatCompletionMapping.ToUsage(done)), OpenAiJson.Default.ChatCompletion, context.RequestAborted);
                }
            }
            while (await call.ResponseStream.MoveNext(context.RequestAborted));
            await events.SendAsync("[DONE]", context.RequestAborted);
        }
        catch (RpcException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            await events.SendAsync(new ErrorAnswer(OpenAiErrors.ToBody(exception)), OpenAiJson.Default.ErrorAnswer, context.RequestAborted);
        }

        return Results.Empty;

        Task SendAsync(AnswerMessage delta, string? finishReason) => events.SendAsync(
            new ChatCompletion(id, "chat.completion.chunk", created, model, [new Choice(0, null, delta, finishReason)], null),
            OpenAiJson.Default.ChatCompletion, context.RequestAborted);
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeSeconds();
}
