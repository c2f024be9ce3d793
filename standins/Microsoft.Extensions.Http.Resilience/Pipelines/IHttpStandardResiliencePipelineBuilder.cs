using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Configures a standard pipeline further.</summary>
public interface IHttpStandardResiliencePipelineBuilder
{
    /// <summary>Name of the pipeline, which is also the name of its <see cref="HttpStandardResilienceOptions"/>.</summary>
    string PipelineName { get; }

    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}
