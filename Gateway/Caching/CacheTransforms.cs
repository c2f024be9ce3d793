using System.Net;
using System.Net.Http.Headers;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using EntityTagHeaderValue = Microsoft.Net.Http.Headers.EntityTagHeaderValue;

namespace AiMesh.Gateway.Caching;

/// <summary>
/// Speaks with DataService about kept answers, in the request that would go there anyway: offers the labels of what is kept, and takes either the word
/// that one of them is still the answer for this caller, or a new answer with its label. See docs/decisions/0016.
/// </summary>
internal sealed class CacheTransforms(AnswerStore store, IOptions<CacheOptions> options)
{
    private const string OfferedHeader = "X-AiMesh-Answers";
    private const string LabelHeader = "X-AiMesh-Answer";
    private const string Nothing = "none";

    private readonly int _maxAnswerBytes = options.Value.MaxAnswerBytes;

    public static ValueTask Offer(RequestTransformContext transform)
    {
        if (transform.HttpContext.Features.Get<CacheVisit>() is not { } visit) return ValueTask.CompletedTask;
        transform.ProxyRequest.Headers.TryAddWithoutValidation(OfferedHeader, visit.Answers.Length == 0 ? Nothing : string.Join(',', visit.Answers.Select(static answer => answer.Label)));

        // Whether the caller has the answer already is looked at here, so that it can be kept for others whatever this one has.
        transform.ProxyRequest.Headers.Remove(HeaderNames.IfNoneMatch);
        return ValueTask.CompletedTask;
    }

    public async ValueTask TakeAsync(ResponseTransformContext transform)
    {
        var context = transform.HttpContext;
        context.Response.Headers.Remove(LabelHeader);
        if (transform.ProxyResponse is not { } response || context.Features.Get<CacheVisit>() is not { } visit) return;
        var label = response.Headers.TryGetValues(LabelHeader, out var values) ? values.FirstOrDefault() : null;
        if (response.StatusCode == HttpStatusCode.NotModified && label is not null)
        {
            // Only what was offered can be confirmed, and it is at hand whatever became of the store meanwhile.
            if (Array.Find(visit.Answers, answer => answer.Label == label) is not { } known) throw new InvalidOperationException("DataService confirmed an answer that was not offered.");
            visit.Landing = Landing.Kept;
            CacheMetrics.Answered("hit");
            await WriteAsync(transform, known);
            return;
        }

        CacheMetrics.Answered("miss");
        if ((int)response.StatusCode < 500) visit.Landing = Landing.NotKept;
        if (response.StatusCode != HttpStatusCode.OK || response.Headers.ETag is not { } tag) return;
        var answer = label is not null && response.Headers.CacheControl is not { NoStore: true } && IsForKeeping(response.Content.Headers)
            ? new CachedAnswer(
                label, await response.Content.ReadAsByteArrayAsync(context.RequestAborted), response.Content.Headers.ContentType?.ToString() ?? "", tag.ToString(), response.Headers.CacheControl?.ToString() ?? "")
            : null;
        if (answer is not null)
        {
            if (store.Add(visit.Key, answer, visit.Writes)) visit.Landing = Landing.Kept;
            await WriteAsync(transform, answer);
        }
        else if (Has(context.Request, tag.ToString()))
        {
            transform.SuppressResponseBody = true;
            NotModified(context.Response);
        }
    }

    /// <summary>A write through this gateway: what it made old is forgotten before its caller knows that it was done.</summary>
    public ValueTask ForgetAsync(ResponseTransformContext transform)
    {
        var context = transform.HttpContext;
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)) return ValueTask.CompletedTask;

        // Also where no answer came: the write may have been done.
        if (DatasetName.In(context.Request.Path, context.GetPrincipal().Organisation) is { } dataset)
        {
            store.Forget(dataset);
            CacheMetrics.Invalidated("write");
        }

        return ValueTask.CompletedTask;
    }

    private bool IsForKeeping(HttpContentHeaders headers) => headers.ContentLength <= _maxAnswerBytes && headers.ContentEncoding.Count == 0;

    private static async ValueTask WriteAsync(ResponseTransformContext transform, CachedAnswer answer)
    {
        var (context, response) = (transform.HttpContext, transform.HttpContext.Response);
        transform.SuppressResponseBody = true;
        response.Headers.ETag = answer.EntityTag;
        response.Headers.CacheControl = answer.CacheControl;
        if (Has(context.Request, answer.EntityTag))
        {
            NotModified(response);
            return;
        }

        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static void NotModified(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status304NotModified;
        response.ContentLength = null;
        response.Headers.Remove(HeaderNames.ContentType);
    }

    private static bool Has(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
}
