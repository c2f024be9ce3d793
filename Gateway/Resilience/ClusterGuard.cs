using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Settings;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Resilience;

/// <summary>Keeps a slow or dead service from taking the gateway down (G11): each cluster has a <see cref="ClusterGate"/> of its own.</summary>
internal sealed partial class ClusterGuard(RequestDelegate next, ClusterGates gates, LiveSettings live, ILogger<ClusterGuard> logger)
{
    private static readonly Counter<long> Refusals = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.cluster.refusals", description: "Requests answered 503 by the gateway itself to protect itself and the cluster.");

    public async Task InvokeAsync(HttpContext context)
    {
        var cluster = context.GetReverseProxyFeature().Cluster.Config.ClusterId;
        var settings = live.Current.Resilience;
        var gate = gates.Of(cluster);
        if (!gate.TryEnter(settings, out var retryAfter))
        {
            Refusals.Add(1, new KeyValuePair<string, object?>("cluster", cluster));
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await EdgeProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable);
            return;
        }

        try
        {
            context.Features.Set(new Visit(gate, settings));
            await next(context);
            if (FailureOfTheService(context) is not { } failure)
                return;
            if (failure.Error != ForwarderError.NoAvailableDestinations) // Of that the proxy itself has told.
                Log.Failed(logger, context.Request.Method, cluster, FailureText.DestinationOf(context), failure.Error, failure.Reason());
            if (gate.NoteFailure(settings))
                Log.Opened(logger, cluster);
        }
        finally
        {
            gate.Leave();
        }
    }

    /// <summary>Called when the head of an answer arrives: streams may go on for hours, but the service is alive now.</summary>
    public static ValueTask NoteAnswer(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse is not null && transform.HttpContext.Features.Get<Visit>() is { } visit)
            visit.Gate.NoteAnswer(visit.Options);
        return ValueTask.CompletedTask;
    }

    /// <summary>A client that goes away says nothing about the service.</summary>
    private static IForwarderErrorFeature? FailureOfTheService(HttpContext context) => !context.RequestAborted.IsCancellationRequested
        && context.GetForwarderErrorFeature() is
        {
            Error: ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestBodyDestination or ForwarderError.ResponseHeaders
                or ForwarderError.ResponseBodyDestination or ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination
                or ForwarderError.NoAvailableDestinations,
        } failure ? failure : null;

    private sealed record Visit(ClusterGate Gate, ResilienceOptions Options);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cluster {Cluster} fails; requests to it are refused for a while")]
        public static partial void Opened(ILogger logger, string cluster);

        [LoggerMessage(2, LogLevel.Warning, "{Method} to cluster {Cluster} failed at {Destination}: {Error}, {Reason}")]
        public static partial void Failed(ILogger logger, string method, string cluster, string destination, ForwarderError error, string reason);
    }
}

/// <summary>The gates of all clusters.</summary>
internal sealed class ClusterGates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ClusterGate> _gates = new(StringComparer.OrdinalIgnoreCase);

    public ClusterGate Of(string cluster) => _gates.GetOrAdd(cluster, static (_, time) => new ClusterGate(time), time);

    public IEnumerable<Measurement<int>> Measure() =>
        _gates.Select(static gate => new Measurement<int>(gate.Value.IsOpen ? 1 : 0, new KeyValuePair<string, object?>("cluster", gate.Key)));
}
