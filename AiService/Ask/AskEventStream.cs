using System.Text;
using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Grpc.Core;

namespace AiMesh.AiService.Ask;

/// <summary>
/// POST /api/ai/ask with "Accept: text/event-stream": events "started", "delta", "done" and "error", each with a StreamAskResponse (or problem
/// details) in JSON. Transcoding has no form for this, so it is the one hand-written face of Ask.
/// </summary>
internal static class AskEventStream
{
    private const string AskPath = "/api/ai/ask";
    private const string EventsPath = "/api/ai/ask:events";
    private const int MaxBodyLength = 256 * 1024;

    /// <summary>Proxies and browsers give up on a silent connection after about half a minute.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>One address, two forms of answer: the form that is asked for chooses the endpoint, so this stands before routing.</summary>
    public static void UseAskEventStream(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (context.Request.Path == AskPath && context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
                context.Request.Path = EventsPath;
            return next(context);
        });
        app.UseRouting();
    }

    public static void MapAskEventStream(this WebApplication app) => app.MapPost(EventsPath, StreamAsync).RequireAccess("ai:ask");

    private static async Task<IResult> StreamAsync(HttpContext context, Asker asker)
    {
        if (!(await ReadAsync(context.Request)).TryGet(out var request, out var error))
            return error.ToProblem();

        await using var answer = asker.AskAsync(request, context.GetPrincipal(), context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        try
        {
            // Until the first event the failure can still be the HTTP answer.
            if (!await answer.MoveNextAsync())
                return Results.StatusCode(StatusCodes.Status502BadGateway);
        }
        catch (MeshException exception)
        {
            return exception.Error.ToProblem();
        }
        catch (RpcException exception)
        {
            return new StatusResult(exception);
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await WriteEventsAsync(context, answer);
        return Results.Empty;
    }

    private static async Task WriteEventsAsync(HttpContext context, IAsyncEnumerator<StreamAskResponse> answer)
    {
        try
        {
            bool more;
            do
            {
                await SendAsync(context, $"event: {NameOf(answer.Current)}\ndata: {JsonFormatter.Default.Format(answer.Current)}\n\n");
                var next = answer.MoveNextAsync().AsTask();
                while (await Task.WhenAny(next, Task.Delay(Heartbeat, context.RequestAborted)) != next && !context.RequestAborted.IsCancellationRequested)
                    await SendAsync(context, ": still working\n\n");
                more = await next;
            }
            while (more);
        }
        catch (Exception exception) when (exception is MeshException or RpcException && !context.RequestAborted.IsCancellationRequested)
        {
            var status = exception is MeshException failure ? failure.Error.ToStatus() : ((RpcException)exception).ToStatus();
            var problem = ProblemJson.FromStatus(status, AskPath);
            await SendAsync(context, $"event: error\ndata: {Encoding.UTF8.GetString(problem.ToJson())}\n\n");
        }
    }

    private static string NameOf(StreamAskResponse item) => item.EventCase switch
    {
        StreamAskResponse.EventOneofCase.Started => "started",
        StreamAskResponse.EventOneofCase.Delta => "delta",
        _ => "done",
    };

    private static async Task SendAsync(HttpContext context, string text)
    {
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static async Task<Result<AskRequest>> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var buffer = new char[MaxBodyLength + 1];
        var length = await reader.ReadBlockAsync(buffer, request.HttpContext.RequestAborted);
        if (length > MaxBodyLength)
            return new TooLarge("The request", MaxBodyLength);
        try
        {
            return JsonParser.Default.Parse<AskRequest>(new string(buffer, 0, length));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            return new InvalidField("body", $"is not an AskRequest in JSON: {exception.Message}");
        }
    }

    /// <summary>A failure of a service behind, passed on with its details.</summary>
    private sealed class StatusResult(RpcException exception) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            ProblemJson.FromStatus(exception.ToStatus(), AskPath).WriteAsync(httpContext.Response, httpContext.RequestAborted);
    }
}
