using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Options, named as the pipeline: which instance of it a request goes through.</summary>
internal sealed class PipelineSelection
{
    /// <summary>Null: there is one instance only.</summary>
    public Func<HttpRequestMessage, string>? Selector { get; private set; }

    public static void Use(
        IServiceCollection services,
        string pipelineName,
        Func<IServiceProvider, Func<HttpRequestMessage, string>> selectorFactory)
    {
        ArgumentNullException.ThrowIfNull(selectorFactory);
        services.AddOptions<PipelineSelection>(pipelineName)
            .Configure<IServiceProvider>((selection, provider) => selection.Selector = selectorFactory(provider));
    }

    /// <summary>A selector by scheme, host and port. It remembers the keys, so that a request does not build one.</summary>
    public static Func<HttpRequestMessage, string> ByAuthority()
    {
        var keys = new ConcurrentDictionary<(string Scheme, string Host, int Port), string>();
        return request =>
        {
            var uri = request.RequestUri ?? throw new InvalidOperationException("The request message must have a URL specified.");
            return keys.TryGetValue((uri.Scheme, uri.Host, uri.Port), out var key)
                ? key
                : keys[(uri.Scheme, uri.Host, uri.Port)] = uri.GetLeftPart(UriPartial.Authority);
        };
    }
}
