namespace AiMesh.AiService.Providers;

internal enum ProviderFailure
{
    /// <summary>Nobody answered, or the connection broke.</summary>
    Connection,

    /// <summary>The answer took too long.</summary>
    Timeout,

    /// <summary>Too many requests, or no quota left.</summary>
    RateLimited,

    /// <summary>The key or its rights are refused.</summary>
    Unauthorised,

    /// <summary>The provider does not serve the model, for this key or any more.</summary>
    NoSuchModel,

    /// <summary>The request is refused as it is; another try would be refused too.</summary>
    Refused,

    /// <summary>The provider failed on its side.</summary>
    Server,

    /// <summary>The answer cannot be understood.</summary>
    Malformed,

    /// <summary>The stream ended before the answer did.</summary>
    Broken,
}

/// <summary>
/// A provider failed. It carries what is safe to show: never the provider's own text, which may quote keys and prompts.
/// </summary>
internal sealed class ProviderException(ProviderFailure failure, int? status = null, TimeSpan? retryAfter = null, string? code = null, Exception? inner = null)
    : Exception($"The provider failed: {failure}{(status is null ? "" : $" ({status})")}{(code is null ? "" : $", {code}")}.", inner)
{
    public ProviderFailure Failure { get; } = failure;

    /// <summary>HTTP status, where there was an answer.</summary>
    public int? Status { get; } = status;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The provider's code for the error, such as "context_length_exceeded".</summary>
    public string? Code { get; } = code;

    /// <summary>It says something about the provider as a whole, not only about this request.</summary>
    public bool CountsAgainstProvider => Failure is not (ProviderFailure.Refused or ProviderFailure.NoSuchModel);

    /// <summary>For the list of attempts: "429", "timeout".</summary>
    public string Outcome => Status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Failure.ToString().ToLowerInvariant();
}
