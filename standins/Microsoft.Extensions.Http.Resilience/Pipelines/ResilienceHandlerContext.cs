using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly.Registry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>What a pipeline is built with.</summary>
public sealed class ResilienceHandlerContext
{
    private readonly ConfigureBuilderContext<HttpPipelineKey> _context;

    internal ResilienceHandlerContext(IServiceProvider services, ConfigureBuilderContext<HttpPipelineKey> context)
    {
        ServiceProvider = services;
        _context = context;
    }

    /// <summary>The application's services.</summary>
    public IServiceProvider ServiceProvider { get; }

    /// <summary>Name of the pipeline: client and pipeline, joined by a hyphen.</summary>
    public string BuilderName => _context.PipelineKey.Name;

    /// <summary>The instance's key; empty when there is one only.</summary>
    public string InstanceName => _context.PipelineKey.Instance;

    /// <summary>The named options as they are now.</summary>
    public TOptions GetOptions<TOptions>(string? name = null)
        => ServiceProvider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

    /// <summary>Builds the pipeline anew when the named options change. A new pipeline starts with a closed breaker.</summary>
    public void EnableReloads<TOptions>(string? name = null)
    {
        var changed = new CancellationTokenSource();
        var watched = name ?? Microsoft.Extensions.Options.Options.DefaultName;
        var registration = ServiceProvider.GetRequiredService<IOptionsMonitor<TOptions>>().OnChange((_, changedName) =>
        {
            if (changedName == watched)
            {
                changed.Cancel();
            }
        });
        _context.AddReloadToken(changed.Token);
        _context.OnPipelineDisposed(() => registration?.Dispose());
    }

    /// <summary>Runs when the pipeline is replaced or the application ends.</summary>
    public void OnPipelineDisposed(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _context.OnPipelineDisposed(callback);
    }
}
