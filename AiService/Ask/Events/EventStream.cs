using System.Text;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace AiMesh.AiService.Ask.Events;

/// <summary>
/// Writes server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each flushed at once, and comments
/// while there is nothing to say, so that no proxy takes the connection for dead.
/// </summary>
internal sealed class EventStream(HttpContext httpContext, TimeSpan heartbeat, TimeProvider time) : IDisposable
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly byte[] Comment = ": waiting\n\n"u8.ToArray();

    private readonly SemaphoreSlim _writing = new(1, 1);
    private long _lastWrite = time.GetTimestamp();

    /// <summary>Headers are on their way: an error can only be told as an event now.</summary>
    public bool HasStarted => httpContext.Response.HasStarted;

    public Task SendAsync(string name, IMessage message, CancellationToken cancellationToken) =>
        WriteAsync(Encoding.UTF8.GetBytes($"event: {name}\ndata: {Json.Format(message)}\n\n"), cancellationToken);

    public Task SendErrorAsync(MeshError error, CancellationToken cancellationToken)
    {
        var problem = Encoding.UTF8.GetString(ProblemJson.FromStatus(error.ToStatus(), httpContext.Request.Path).ToJson());
        return WriteAsync(Encoding.UTF8.GetBytes($"event: error\ndata: {problem}\n\n"), cancellationToken);
    }

    /// <summary>Writes comments until cancelled.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var silence = time.GetElapsedTime(Volatile.Read(ref _lastWrite));
            if (silence < heartbeat) await Task.Delay(heartbeat - silence, time, cancellationToken);
            else await WriteAsync(Comment, cancellationToken);
        }
    }

    public void Dispose() => _writing.Dispose();

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (!httpContext.Response.HasStarted) await BeginAsync(cancellationToken);
            await httpContext.Response.Body.WriteAsync(bytes, cancellationToken);
            await httpContext.Response.Body.FlushAsync(cancellationToken);
            Volatile.Write(ref _lastWrite, time.GetTimestamp());
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task BeginAsync(CancellationToken cancellationToken)
    {
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        return response.StartAsync(cancellationToken);
    }
}
