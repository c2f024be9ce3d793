using System.Diagnostics;
using System.Diagnostics.Metrics;
using AiMesh.AiService.Ledger;
using AiMesh.ServiceDefaults.Telemetry;

namespace AiMesh.AiService.Calls;

/// <summary>Spans and metrics of calls, by the semantic conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/).</summary>
internal static class CallTelemetry
{
    private static readonly MeshDiagnostics Diagnostics = new("AiService");

    private static readonly Histogram<double> Duration = Diagnostics.Meter.CreateHistogram<double>(
        "gen_ai.client.operation.duration", "s", "How long calls take, failover included.");

    private static readonly Counter<long> Tokens = Diagnostics.Meter.CreateCounter<long>(
        "aimesh.ai.tokens", "{token}", "Tokens that were accounted for.");

    private static readonly Counter<double> Spend = Diagnostics.Meter.CreateCounter<double>(
        "aimesh.ai.cost", "{currency}", "What calls cost, about; the ledger is exact.");

    public static Activity? Start(string operation, Guid callId) =>
        Diagnostics.Source.StartActivity($"{operation} call")?.SetTag("aimesh.call.id", callId.ToString());

    public static Activity? StartAttempt(Attempt attempt) =>
        Diagnostics.Source.StartActivity($"chat {attempt.Model.Name}", ActivityKind.Client)
            ?.SetTag("gen_ai.operation.name", "chat")
            .SetTag("gen_ai.provider.name", attempt.Provider.Name)
            .SetTag("gen_ai.request.model", attempt.Model.Name);

    public static void Finish(Activity? span, SettledCall settled)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", settled.Call.Operation },
            { "gen_ai.request.model", settled.Model?.Name },
            { "gen_ai.provider.name", settled.Model?.Provider },
            { "aimesh.outcome", settled.Outcome },
        };
        Duration.Record(settled.Duration.TotalSeconds, tags);
        if (settled.Model is not null)
        {
            Tokens.Add(settled.Usage.Input, [.. tags, new("gen_ai.token.type", "input")]);
            Tokens.Add(settled.Usage.Output, [.. tags, new("gen_ai.token.type", "output")]);
            Spend.Add((double)settled.Cost, tags);
        }

        span?.SetTag("gen_ai.usage.input_tokens", settled.Usage.Input)
            .SetTag("gen_ai.usage.output_tokens", settled.Usage.Output)
            .SetTag("aimesh.outcome", settled.Outcome);
        if (settled.Outcome is not (SettledCall.Ok or SettledCall.Cancelled)) span?.SetStatus(ActivityStatusCode.Error, settled.Outcome);
    }
}
