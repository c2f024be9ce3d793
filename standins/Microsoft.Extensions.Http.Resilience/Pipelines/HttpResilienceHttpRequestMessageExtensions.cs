using Polly;

namespace System.Net.Http;

/// <summary>The execution that a request belongs to.</summary>
public static class HttpResilienceHttpRequestMessageExtensions
{
    private static readonly HttpRequestOptionsKey<ResilienceContext?> ContextKey = new("Resilience.Http.ResilienceContext");

    /// <summary>The context, or null.</summary>
    public static ResilienceContext? GetResilienceContext(this HttpRequestMessage requestMessage)
    {
        ArgumentNullException.ThrowIfNull(requestMessage);
        return requestMessage.Options.TryGetValue(ContextKey, out var context) ? context : null;
    }

    /// <summary>Sets the context that the resilience handler uses, and leaves to the caller to return to its pool.</summary>
    public static void SetResilienceContext(this HttpRequestMessage requestMessage, ResilienceContext? resilienceContext)
    {
        ArgumentNullException.ThrowIfNull(requestMessage);
        requestMessage.Options.Set(ContextKey, resilienceContext);
    }
}
