using System.Globalization;

namespace AiMesh.Gateway.Limits;

/// <summary>
/// One limit as the generic cell rate algorithm counts it: each request moves a bucket's "theoretical arrival time" on by
/// <see cref="Interval"/>, and is refused when that would lead more than <see cref="Tolerance"/> into the future.
/// </summary>
internal sealed class LimitPolicy
{
    private const double Second = 1_000_000;

    public LimitPolicy(string name, LimitOptions options)
        : this(name, Second / options.PermitsPerSecond, options.Burst)
    {
    }

    private LimitPolicy(string name, double interval, int burst)
    {
        (Name, Interval, Burst) = (name, interval, burst);
        // https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html#section-3: quota, and the window that restores it.
        var window = Math.Max(1, (int)Math.Ceiling(interval * burst / Second));
        Header = string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={burst};w={window}");
    }

    public string Name { get; }

    /// <summary>Microseconds that one request costs.</summary>
    public double Interval { get; }

    public int Burst { get; }

    /// <summary>Microseconds that a bucket may run ahead.</summary>
    public double Tolerance => Interval * Burst;

    /// <summary>A limit that a credential brings along. A tenth of it may come at once, so that no minute sees much more than that.</summary>
    public static LimitPolicy PerMinute(string name, int requests) => new(name, 60 * Second / requests, Math.Max(1, requests / 10));

    /// <summary>The policy as a member of the header RateLimit-Policy.</summary>
    public string Header { get; }
}
