using OpenTelemetry.Trace;

namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>Drops the spans of probes, which would bury those of requests.</summary>
internal sealed class ProbeSampler(Sampler inner) : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        if (samplingParameters.Tags is { } tags)
        {
            foreach (var tag in tags)
                if (tag.Key == "url.path" && tag.Value is string path && ProbePaths.Contains(path)) return new SamplingResult(SamplingDecision.Drop);
        }

        return inner.ShouldSample(samplingParameters);
    }
}
