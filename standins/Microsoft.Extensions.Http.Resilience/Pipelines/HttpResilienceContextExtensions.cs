using System.Diagnostics.CodeAnalysis;

namespace Polly;

/// <summary>The request that an execution is about.</summary>
[Experimental("EXTEXP0001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
public static class HttpResilienceContextExtensions
{
    private static readonly ResiliencePropertyKey<HttpRequestMessage?> RequestMessage = new("Resilience.Http.RequestMessage");

    /// <summary>The request, or null.</summary>
    public static HttpRequestMessage? GetRequestMessage(this ResilienceContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Properties.GetValue(RequestMessage, null);
    }

    /// <summary>Sets the request that the next attempt sends.</summary>
    public static void SetRequestMessage(this ResilienceContext context, HttpRequestMessage? requestMessage)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Properties.Set(RequestMessage, requestMessage);
    }
}
