using System.Collections.Concurrent;
using System.Diagnostics;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Telemetry;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace AiMesh.ServiceDefaults.Tests.Telemetry;

public sealed class TelemetryTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Metrics_AreServedForPrometheus()
    {
        using var diagnostics = new MeshDiagnostics("TelemetryTests");
        var asked = diagnostics.Meter.CreateCounter<long>("aimesh.questions");
        await using var host = await MeshHost.StartAsync(_authority);
        asked.Add(3);
        await host.Probe.AnyoneAsync(new ProbeRequest());

        var metrics = await host.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        Assert.Contains("aimesh_questions_total", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_FlowFromServiceToService_AndProbesLeaveNone()
    {
        var spans = new SpanSink();
        await using var back = await MeshHost.StartAsync(_authority, builder => Record(builder.Services, spans), settings: Traced);
        await using var front = await MeshHost.StartAsync(
            _authority,
            builder =>
            {
                builder.AddMeshClient<Probe.V1.Probe.ProbeClient>("back");
                Record(builder.Services, spans);
            },
            settings: Traced.Append(new("Services:back:grpc:0", back.GrpcAddress.ToString())));
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
        var headers = MeshHost.Bearer(_authority.Token(permissions: ["*"]));
        headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");

        await front.Probe.RelayAsync(new ProbeRequest { Dataset = "surveys" }, headers);
        foreach (var path in new[] { "/health", "/alive", "/metrics" }) (await front.Http.GetAsync(new Uri(path, UriKind.Relative))).Dispose();
        await Eventually.HoldsAsync(() => Task.FromResult(spans.Of(TraceId).Count(static span => span.Kind == ActivityKind.Server) == 2), TimeSpan.FromSeconds(5));

        var servers = spans.Of(TraceId).Where(static span => span.Kind == ActivityKind.Server).ToList();
        Assert.Contains(servers, static span => span.DisplayName == "aimesh.probe.v1.Probe/Relay");
        var second = Assert.Single(servers, static span => span.DisplayName == "aimesh.probe.v1.Probe/Read");
        Assert.Equal("grpc", second.GetTagItem("rpc.system"));
        Assert.Contains(spans.Of(TraceId), span => span.Kind == ActivityKind.Client && span.SpanId == second.ParentSpanId);
        Assert.DoesNotContain(spans.All, static span => span.GetTagItem("url.path") is "/health" or "/alive" or "/metrics");

        // Nor do the fetches of keys and revocations, once a second.
        Assert.DoesNotContain(spans.All, static span => span.GetTagItem("url.full") is string url && url.Contains("/.well-known/", StringComparison.Ordinal));
        Assert.DoesNotContain(spans.All, static span => span.GetTagItem("url.full") is string url && url.Contains("access_token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Span_OfAFault_IsAnError()
    {
        var spans = new SpanSink();
        await using var host = await MeshHost.StartAsync(_authority, builder => Record(builder.Services, spans), settings: Traced);

        Assert.Equal((500, ActivityStatusCode.Error), await FailAsync(host, "anything", spans));
        Assert.Equal((404, ActivityStatusCode.Unset), await FailAsync(host, "missing", spans));
    }

    private static async Task<(int HttpStatus, ActivityStatusCode Status)> FailAsync(MeshHost host, string how, SpanSink spans)
    {
        // Other tests' spans pass through the same sources at the same time: ours are those of this trace.
        var traceId = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/probe/fail/{how}", UriKind.Relative));
        request.Headers.Add("traceparent", $"00-{traceId}-00f067aa0ba902b7-01");
        (await host.Http.SendAsync(request)).Dispose();

        Activity? Server() => spans.Of(traceId).SingleOrDefault(static span => span.Kind == ActivityKind.Server);
        await Eventually.HoldsAsync(() => Task.FromResult(Server() is not null), TimeSpan.FromSeconds(5));
        Assert.Equal("aimesh.probe.v1.Probe/Fail", Server()!.DisplayName);
        return ((int)Server()!.GetTagItem("http.response.status_code")!, Server()!.Status);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Traced => [new("Mesh:Telemetry:Traces", "true")];

    private static void Record(IServiceCollection services, SpanSink spans) =>
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(spans));

    private sealed class SpanSink : BaseProcessor<Activity>
    {
        private readonly ConcurrentQueue<Activity> _spans = [];

        public IEnumerable<Activity> All => _spans;

        // Sources belong to the process, so each of the two hosts hands over every span.
        public IEnumerable<Activity> Of(string traceId) => _spans.Where(span => span.TraceId.ToHexString() == traceId).DistinctBy(static span => span.SpanId);

        public override void OnEnd(Activity data) => _spans.Enqueue(data);
    }
}
