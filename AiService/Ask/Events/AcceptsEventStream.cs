using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Net.Http.Headers;

namespace AiMesh.AiService.Ask.Events;

/// <summary>Marks the endpoint that answers with server-sent events; see <see cref="EventStreamMatcher"/>.</summary>
internal sealed class AcceptsEventStream;

/// <summary>
/// Two endpoints share one path: the JSON one that comes from the contract, and the one that streams. "Accept: text/event-stream"
/// decides between them.
/// </summary>
internal sealed class EventStreamMatcher : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(e => e.Metadata.GetMetadata<AcceptsEventStream>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var wanted = Wants(httpContext.Request);
        for (var i = 0; i < candidates.Count; i++)
        {
            var streams = candidates[i].Endpoint.Metadata.GetMetadata<AcceptsEventStream>() is not null;
            if (streams != wanted) candidates.SetValidity(i, false);
        }

        return Task.CompletedTask;
    }

    private static bool Wants(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(a => a.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase) && a.Quality is not 0);
}
