using System.Globalization;
using System.Text.Json.Nodes;

namespace AiMesh.ProviderSimulator;

/// <summary>Error bodies as OpenAI writes them.</summary>
internal static class Errors
{
    public static Task WriteAsync(HttpContext httpContext, int status, string code, string message, double? retryAfter = null)
    {
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "application/json";
        if (retryAfter is { } seconds)
        {
            if (double.IsInteger(seconds)) httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            else httpContext.Response.Headers["retry-after-ms"] = (seconds * 1000).ToString(CultureInfo.InvariantCulture);
        }

        var body = new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = code, ["code"] = code } };
        return httpContext.Response.WriteAsync(body.ToJsonString(), httpContext.RequestAborted);
    }
}
