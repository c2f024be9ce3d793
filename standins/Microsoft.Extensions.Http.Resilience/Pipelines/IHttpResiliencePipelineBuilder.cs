using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Configures a pipeline further.</summary>
public interface IHttpResiliencePipelineBuilder
{
    /// <summary>Name of the pipeline, which is also the name of its options.</summary>
    string PipelineName { get; }

    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}
