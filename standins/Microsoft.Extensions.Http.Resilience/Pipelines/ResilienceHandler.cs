using Polly;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Sends requests through a resilience pipeline.</summary>
public class ResilienceHandler : DelegatingHandler
{
    private readonly Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> _pipelineProvider;

    /// <summary>Creates a handler that chooses the pipeline by the request.</summary>
    public ResilienceHandler(Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> pipelineProvider)
    {
        ArgumentNullException.ThrowIfNull(pipelineProvider);
        _pipelineProvider = pipelineProvider;
    }

    /// <summary>Creates a handler with one pipeline.</summary>
    public ResilienceHandler(ResiliencePipeline<HttpResponseMessage> pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _pipelineProvider = _ => pipeline;
    }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        var pipeline = _pipelineProvider(request);
        var (context, created) = Enter(request, cancellationToken);
        try
        {
            var outcome = await pipeline.ExecuteOutcomeAsync(
                static async (context, state) =>
                {
                    var attempt = AttemptOf(context, state.request);
                    try
                    {
                        return Outcome.FromResult(await state.handler.SendInnerAsync(attempt, context.CancellationToken));
                    }
                    catch (Exception exception)
                    {
                        // Strategies see failures as outcomes; the last one is thrown below.
                        return Outcome.FromException<HttpResponseMessage>(exception);
                    }
                },
                context,
                (handler: this, request));

            outcome.ThrowIfException();
            return outcome.Result!;
        }
        finally
        {
            Leave(request, context, created);
        }
    }

    /// <inheritdoc />
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        var pipeline = _pipelineProvider(request);
        var (context, created) = Enter(request, cancellationToken);
        try
        {
            return pipeline.Execute(
                static (context, state) => state.handler.SendInner(AttemptOf(context, state.request), context.CancellationToken),
                context,
                (handler: this, request));
        }
        finally
        {
            Leave(request, context, created);
        }
    }

    private Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => base.SendAsync(request, cancellationToken);

    private HttpResponseMessage SendInner(HttpRequestMessage request, CancellationToken cancellationToken)
        => base.Send(request, cancellationToken);

    private static (ResilienceContext Context, bool Created) Enter(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A caller that brings its own context gets to see what the pipeline leaves in there.
        var own = request.GetResilienceContext();
        var context = own ?? ResilienceContextPool.Shared.Get(cancellationToken);
        request.SetResilienceContext(context);
        context.SetRequestMessage(request);
        return (context, own is null);
    }

    private static HttpRequestMessage AttemptOf(ResilienceContext context, HttpRequestMessage request)
    {
        // A strategy may have put another request, or another context, in the place of the first.
        var attempt = context.GetRequestMessage() ?? request;
        attempt.SetResilienceContext(context);
        return attempt;
    }

    private static void Leave(HttpRequestMessage request, ResilienceContext context, bool created)
    {
        request.SetResilienceContext(created ? null : context);
        if (created)
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
