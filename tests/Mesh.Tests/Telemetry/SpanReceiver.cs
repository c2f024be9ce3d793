using System.Collections.Concurrent;
using System.Diagnostics;
using AiMesh.Testing;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.Mesh.Tests.Telemetry;

/// <summary>
/// A collector: takes spans by OTLP over HTTP with protobuf. Field numbers are those of opentelemetry/proto/trace/v1: a request holds
/// resource groups (1), such a group its resource (1) and scope groups (2), and a scope group its spans (2).
/// </summary>
public sealed class SpanReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<Span> _spans = [];
    private readonly WebApplication _app;

    private SpanReceiver(WebApplication app) => _app = app;

    /// <summary>For <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, with <c>OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf</c>.</summary>
    public string Address => _app.Urls.Single();

    public static async Task<SpanReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{FreePort.Next()}");
        var receiver = new SpanReceiver(app);
        app.MapPost("/v1/traces", (RequestDelegate)receiver.ReceiveAsync);
        app.MapPost("/v1/{signal}", static () => Results.Ok());
        await app.StartAsync();
        return receiver;
    }

    /// <summary>The spans of a trace as soon as they are as wished; all that came of it when they are not in half a minute.</summary>
    public async Task<Span[]> OfTraceAsync(string traceId, Predicate<Span[]> isComplete)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var spans = _spans.Where(span => span.TraceId == traceId).ToArray();
            if (isComplete(spans) || Stopwatch.GetElapsedTime(started) > Patience)
                return spans;

            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var request = await ByteString.FromStreamAsync(context.Request.Body);
        foreach (var group in Messages(request, 1))
        {
            var attributes = Messages(group, 1).SelectMany(resource => Messages(resource, 1));
            var service = attributes.Where(attribute => Text(attribute, 1) == "service.name").Select(attribute => Text(Messages(attribute, 2).Single(), 1)).Single();
            foreach (var span in Messages(group, 2).SelectMany(scope => Messages(scope, 2)))
                _spans.Enqueue(new Span(service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), Number(span, 6)));
        }
    }

    private static string Text(ByteString message, int field) => Messages(message, field).Single().ToStringUtf8();

    private static string Hex(ByteString message, int field) => Convert.ToHexStringLower(Messages(message, field).SingleOrDefault(ByteString.Empty).Span);

    private static List<ByteString> Messages(ByteString message, int field) =>
        Read(message, WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited), static input => input.ReadBytes());

    private static int Number(ByteString message, int field) =>
        Read(message, WireFormat.MakeTag(field, WireFormat.WireType.Varint), static input => input.ReadInt32()).SingleOrDefault();

    private static List<T> Read<T>(ByteString message, uint wanted, Func<CodedInputStream, T> read)
    {
        var found = new List<T>();
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == wanted)
                found.Add(read(input));
            else
                input.SkipLastField();
        }

        return found;
    }
}
