using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Polly.Telemetry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Counts what strategies do, and logs what is worth a warning: retries, timeouts, refusals, opened breakers.</summary>
internal sealed partial class PipelineTelemetry(ILoggerFactory loggers, IMeterFactory meters) : TelemetryListener
{
    private const string Name = "Polly";

    private readonly ILogger _logger = loggers.CreateLogger(Name);
    private readonly Counter<int> _events = meters.Create(Name).CreateCounter<int>(
        "resilience.polly.strategy.events", unit: null, "Tracks the number of resilience events that occurred in resilience strategies.");

    public override void Write<TResult, TArgs>(in TelemetryEventArguments<TResult, TArgs> args)
    {
        if (_events.Enabled)
        {
            _events.Add(1, TagsOf(args.Source, args.Event));
        }

        if (args.Event.Severity >= ResilienceEventSeverity.Warning)
        {
            // The outcome's type or status only: messages and addresses may hold what must not be logged.
            var outcome = args.Outcome switch
            {
                { Exception: { } exception } => exception.GetType().Name,
                { Result: HttpResponseMessage response } => response.StatusCode.ToString(),
                _ => "none",
            };
            Log.Event(_logger, args.Event.EventName, args.Source.PipelineName, args.Source.PipelineInstanceName, args.Source.StrategyName, outcome);
        }
    }

    private static TagList TagsOf(ResilienceTelemetrySource source, ResilienceEvent resilienceEvent) => new()
    {
        { "event.name", resilienceEvent.EventName },
        { "event.severity", resilienceEvent.Severity.ToString() },
        { "pipeline.name", source.PipelineName },
        { "pipeline.instance", source.PipelineInstanceName },
        { "strategy.name", source.StrategyName },
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Resilience event {EventName} in {Pipeline}/{Instance}/{Strategy}: {Outcome}.")]
        public static partial void Event(ILogger logger, string eventName, string? pipeline, string? instance, string? strategy, string outcome);
    }
}
