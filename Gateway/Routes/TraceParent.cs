using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Routes;

/// <summary>
/// Takes the trace on to the service where nobody records spans: the id that an error names must be found in the logs of all services (O2). HttpClient
/// does so by itself, but only with a span for each request.
/// </summary>
internal static class TraceParent
{
    private const string Header = "traceparent";

    public static ValueTask ApplyAsync(RequestTransformContext transform)
    {
        if (transform.HttpContext.Features.Get<IHttpActivityFeature>()?.Activity.Id is { } id)
        {
            // What the client sent was copied; the request is a child of the gateway's span, as it would be with HttpClient's own.
            transform.ProxyRequest.Headers.Remove(Header);
            transform.ProxyRequest.Headers.TryAddWithoutValidation(Header, id);
        }

        return ValueTask.CompletedTask;
    }
}
