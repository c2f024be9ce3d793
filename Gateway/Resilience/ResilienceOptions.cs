namespace AiMesh.Gateway.Resilience;

/// <summary>How the gateway guards itself against slow and dead services; section <c>Resilience</c>. Holds for each cluster by itself.</summary>
internal sealed class ResilienceOptions
{
    public const string Section = "Resilience";

    /// <summary>How long a service may be silent during a request, unless its cluster says otherwise. 1 s to 1 hour; default: 1 minute.</summary>
    public TimeSpan ActivityTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often each destination is asked whether it lives. 100 ms to 1 hour; default: 2 s.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long such an answer may take. 100 ms to 1 minute; default: 1 s.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests and streams under way to one cluster; more are answered 503 at once. 1 to 1,000,000; default: 2,000.</summary>
    public int MaxConcurrentRequests { get; set; } = 2000;

    /// <summary>The breaker opens when this share of the requests of <see cref="BreakerWindow"/> failed. 0.01 to 1; default: 0.5.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Fewer requests than this say nothing. 1 to 1,000,000; default: 10.</summary>
    public int BreakerMinimumRequests { get; set; } = 10;

    /// <summary>100 ms to 1 hour; default: 5 s.</summary>
    public TimeSpan BreakerWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an open breaker answers 503 before it lets one request try. 100 ms to 1 hour; default: 2 s.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(2);

    public static IEnumerable<string> Check(ResilienceOptions options)
    {
        (string Key, TimeSpan Value, TimeSpan Min, TimeSpan Max)[] spans =
        [
            (nameof(ActivityTimeout), options.ActivityTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            (nameof(ProbeInterval), options.ProbeInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            (nameof(ProbeTimeout), options.ProbeTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            (nameof(BreakerWindow), options.BreakerWindow, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            (nameof(BreakDuration), options.BreakDuration, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        ];
        foreach (var (key, value, min, max) in spans)
        {
            if (value < min || value > max)
                yield return $"{Section}:{key} must lie between {min} and {max}.";
        }

        if (options.MaxConcurrentRequests is < 1 or > 1_000_000)
            yield return $"{Section}:{nameof(MaxConcurrentRequests)} must lie between 1 and 1,000,000.";
        if (options.BreakerMinimumRequests is < 1 or > 1_000_000)
            yield return $"{Section}:{nameof(BreakerMinimumRequests)} must lie between 1 and 1,000,000.";
        if (options.BreakerFailureRatio is not (>= 0.01 and <= 1))
            yield return $"{Section}:{nameof(BreakerFailureRatio)} must lie between 0.01 and 1.";
    }
}
