namespace AiMesh.AiService.Providers;

/// <summary>A provider failed. The message is for operators and callers: it holds neither keys nor what the provider echoed.</summary>
internal sealed class ProviderException(string reason, string message, bool isTransient, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Short, for attempts in the audit: "429", "timeout", "connection".</summary>
    public string Reason { get; } = reason;

    /// <summary>Another provider, or the same one later, may well succeed.</summary>
    public bool IsTransient { get; } = isTransient;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
