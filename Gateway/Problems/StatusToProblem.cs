using System.Net.Mime;
using AiMesh.Common.Rpc;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Problems;

/// <summary>
/// Services answer errors as google.rpc.Status in JSON; consumers of the gateway get RFC 9457 problem details, one shape
/// everywhere (G5).
/// </summary>
internal static class StatusToProblem
{
    /// <summary>Statuses hold a message and a few details; what is longer is not one.</summary>
    private const int MaxStatusLength = 256 * 1024;

    /// <summary>The token endpoint answers as RFC 6749 section 5.2 says, which is what its clients read.</summary>
    private const string OAuthPath = "/api/auth/token";

    private static readonly TypeRegistry Details = TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor, ResourceInfo.Descriptor);

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true).WithTypeRegistry(Details));

    public static async ValueTask ApplyAsync(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse is not { } response || (int)response.StatusCode < 400
            || response.Content.Headers.ContentType?.MediaType != MediaTypeNames.Application.Json)
        {
            return;
        }

        var context = transform.HttpContext;
        if (context.Request.Path.Equals(OAuthPath, StringComparison.OrdinalIgnoreCase)) return;

        transform.SuppressResponseBody = true;
        context.Response.Headers.ContentLength = null;
        context.Response.Headers.Remove("Content-Encoding");
        if (await ReadStatusAsync(response, context.RequestAborted) is { } status)
            await ProblemJson.FromStatus(status, context.Request.Path).WriteAsync(context.Response, context.RequestAborted);
        else
            await EdgeProblem.WriteAsync(context, (int)response.StatusCode);
    }

    private static async Task<Google.Rpc.Status?> ReadStatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxStatusLength, cancellationToken);
            var json = await response.Content.ReadAsStringAsync(cancellationToken);
            return Parser.Parse<Google.Rpc.Status>(json) is { Code: not 0 } status ? status : null;
        }
        catch (Exception exception) when (exception is InvalidJsonException or InvalidProtocolBufferException or HttpRequestException or InvalidOperationException)
        {
            return null; // Not a status, or cut short: the HTTP status still tells what there is to tell.
        }
    }
}
