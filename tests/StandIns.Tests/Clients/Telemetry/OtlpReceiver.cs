using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiMesh.StandIns.Tests.Clients.Telemetry;

/// <summary>
/// Receives OTLP over HTTP and protobuf, and reads as much of it as tests ask for. Field numbers are those of
/// opentelemetry/proto: in all three signals a request holds resource groups (1), a resource group its resource (1) and
/// scope groups (2), and a scope group its spans, metrics or log records (2).
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private LoopbackServer? _server;

    public ConcurrentQueue<string> SpanNames { get; } = [];

    public ConcurrentQueue<string> MetricNames { get; } = [];

    public ConcurrentQueue<string> LogBodies { get; } = [];

    public ConcurrentQueue<string> ServiceNames { get; } = [];

    public Uri Address => _server!.Address;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        receiver._server = await LoopbackServer.StartAsync(app =>
        {
            // Span.name is field 5, Metric.name 1, LogRecord.body 5 with the string in field 1 of AnyValue.
            app.MapPost("/v1/traces", request => receiver.ReceiveAsync(request, span => receiver.SpanNames.Enqueue(Text(span, 5))));
            app.MapPost("/v1/metrics", request => receiver.ReceiveAsync(request, metric => receiver.MetricNames.Enqueue(Text(metric, 1))));
            app.MapPost("/v1/logs", request => receiver.ReceiveAsync(request, log => receiver.LogBodies.Enqueue(Text(Fields(log, 5).Single(), 1))));
        });
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private async Task ReceiveAsync(HttpContext context, Action<ByteString> record)
    {
        var request = await ByteString.FromStreamAsync(context.Request.Body);
        foreach (var group in Fields(request, 1))
        {
            foreach (var attribute in Fields(group, 1).SelectMany(resource => Fields(resource, 1)))
            {
                if (Text(attribute, 1) == "service.name")
                {
                    ServiceNames.Enqueue(Text(Fields(attribute, 2).Single(), 1));
                }
            }

            foreach (var item in Fields(group, 2).SelectMany(scope => Fields(scope, 2)))
            {
                record(item);
            }
        }
    }

    private static string Text(ByteString message, int field) => Fields(message, field).Single().ToStringUtf8();

    private static List<ByteString> Fields(ByteString message, int field)
    {
        var found = new List<ByteString>();
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
            {
                found.Add(input.ReadBytes());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
