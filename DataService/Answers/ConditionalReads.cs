using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Net.Http.Headers;

namespace AiMesh.DataService.Answers;

/// <summary>
/// Gives each answer that is read over HTTP a strong entity tag and answers 304 where the caller has it already
/// (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2). The tag is made of what the caller sees, so a change that they do not see leaves it as it is.
/// </summary>
internal sealed class ConditionalReads(RequestDelegate next, AnswerLabels labels)
{
    private const int TagLength = 16;

    public Task InvokeAsync(HttpContext context)
    {
        var isRead = HttpMethods.IsGet(context.Request.Method)
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { MethodDescriptor.IsServerStreaming: false };
        return isRead ? AnswerAsync(context) : next(context);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var exchange = AnswerExchange.Of(context.Request, labels);
        context.Features.Set(exchange);
        var response = context.Response;
        var body = response.Body;
        using var written = new MemoryStream();
        response.Body = written;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }

        // Disposed of only after it was sent: who gave up sending may be reading it still, and no pool may give it to another.
        using var straight = exchange.Body;
        ReadOnlyMemory<byte> bytes = written.GetBuffer().AsMemory(0, (int)written.Length);
        if (response.StatusCode == StatusCodes.Status200OK && straight is not null)
        {
            bytes = straight.Written;
            response.ContentLength = bytes.Length;
        }

        if (response.StatusCode == StatusCodes.Status200OK)
        {
            if (exchange.Label is { } label) response.Headers[AnswerExchange.LabelHeader] = label;
            if (exchange.IsConfirmed)
            {
                NotModified(response);
                return;
            }

            // For the caller's own cache, which has to ask each time.
            response.Headers.CacheControl = "private, no-cache";
            var tag = $"\"{exchange.EntityTag ?? Base64Url.EncodeToString(SHA256.HashData(bytes.Span).AsSpan(0, TagLength))}\"";
            response.Headers.ETag = tag;
            if (Has(context.Request, tag))
            {
                NotModified(response);
                return;
            }
        }

        await body.WriteAsync(bytes, context.RequestAborted);
    }

    private static void NotModified(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status304NotModified;
        response.ContentLength = null;
        response.ContentType = null;
    }

    // Compared weakly, as If-None-Match is.
    private static bool Has(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
}
