using System.ComponentModel.DataAnnotations;

namespace AiMesh.AiService.Routing;

/// <summary>How calls find their model; section <c>Routing</c>.</summary>
internal sealed class RoutingOptions
{
    public const string Section = "Routing";

    /// <summary>Of all prices, ISO 4217. Default: USD.</summary>
    [RegularExpression("^[A-Z]{3}$")]
    public string Currency { get; set; } = "USD";

    /// <summary>Policy where a call names none. Default: balanced.</summary>
    public RoutingPolicy Policy { get; set; } = RoutingPolicy.Balanced;

    /// <summary>How much the price counts beside the quality when balanced, 0 to 10. Default: 0.4.</summary>
    [Range(0.0, 10.0)]
    public double CostWeight { get; set; } = 0.4;

    /// <summary>How much the time to the first token counts beside the quality when balanced, 0 to 10. Default: 0.2.</summary>
    [Range(0.0, 10.0)]
    public double LatencyWeight { get; set; } = 0.2;

    /// <summary>From this time to the first token on, a model counts as slow as any when balanced, 0.1 s to 1 min. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SlowFrom { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a measured speed is believed, 1 s to 1 day. Default: 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RemeasureAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most models that one call tries, 1 to 10. Default: 4.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; set; } = 4;

    /// <summary>Longest that a call waits for a provider that said when to come again, 0 to 30 s. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest that a call may take in all, 1 s to 30 min. Default: 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Failures in a row after which a provider is left alone for a while, 1 to 100. Default: 3.</summary>
    [Range(1, 100)]
    public int BreakAfter { get; set; } = 3;

    /// <summary>How long it is left alone, 0.1 s to 10 min. Default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan BreakFor { get; set; } = TimeSpan.FromSeconds(15);
}

/// <summary>What matters most when several models could answer.</summary>
internal enum RoutingPolicy
{
    Balanced,
    Cheapest,
    Fastest,
    Best,
}
