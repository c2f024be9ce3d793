using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Ask.Events;

/// <summary>
/// POST /api/ai/ask with "Accept: text/event-stream": events started, delta (any number), done, each with a StreamAskResponse as data; or
/// error with problem details. What fails before the first event is an ordinary HTTP error.
/// </summary>
internal sealed partial class AskEventsEndpoint(QuestionService questions, IOptions<AskOptions> options, TimeProvider time, ILogger<AskEventsEndpoint> logger)
{
    public async Task ServeAsync(HttpContext httpContext)
    {
        var cancellationToken = httpContext.RequestAborted;
        if (!(await EventRequestReader.ReadAsync(httpContext.Request, cancellationToken)).TryGet(out var request, out var malformed))
        {
            await malformed.ToProblem().ExecuteAsync(httpContext);
            return;
        }

        using var stream = new EventStream(httpContext, options.Value.Heartbeat, time);
        using var beating = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beats = stream.BeatAsync(beating.Token);
        try
        {
            var result = await AnswerAsync(stream, request, httpContext.GetPrincipal(), cancellationToken);
            await StopAsync(beats, beating);
            if (result.TryGet(out var response, out var error)) await stream.SendAsync("done", new StreamAskResponse { Done = response }, cancellationToken);
            else if (stream.HasStarted) await stream.SendErrorAsync(error, cancellationToken);
            else await error.ToProblem().ExecuteAsync(httpContext);
        }
        finally
        {
            await StopAsync(beats, beating);
        }
    }

    private async Task<Result<AskResponse>> AnswerAsync(EventStream stream, AskRequest request, Principal caller, CancellationToken cancellationToken)
    {
        try
        {
            return await questions.AskAsync(request, caller, (e, token) => stream.SendAsync(NameOf(e), e, token), cancellationToken);
        }
        catch (Exception exception) when (stream.HasStarted && !cancellationToken.IsCancellationRequested)
        {
            // The status line is gone, so the boundary that turns faults into answers cannot help any more.
            var traceId = System.Diagnostics.Activity.Current?.TraceId.ToHexString() ?? "";
            Log.Failed(logger, traceId, exception);
            return new Fault(traceId);
        }
    }

    private static async Task StopAsync(Task beats, CancellationTokenSource beating)
    {
        await beating.CancelAsync();
        await beats.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string NameOf(StreamAskResponse message) =>
        message.EventCase is StreamAskResponse.EventOneofCase.Started ? "started" : "delta";

    private sealed record Fault(string TraceId) : MeshError(StatusCode.Internal, "INTERNAL", $"Internal error. Trace id {TraceId}");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A question failed unexpectedly while its answer was streamed; the caller was told trace id {TraceId}")]
        public static partial void Failed(ILogger logger, string traceId, Exception exception);
    }
}
