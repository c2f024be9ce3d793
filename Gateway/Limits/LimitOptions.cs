namespace AiMesh.Gateway.Limits;

/// <summary>A steady rate and how far a caller may run ahead of it.</summary>
internal sealed class LimitOptions
{
    /// <summary>Requests per second in the long run. Range 1 to 1,000,000.</summary>
    public int PermitsPerSecond { get; set; } = 50;

    /// <summary>Requests at once after a pause. Range 1 to 1,000,000.</summary>
    public int Burst { get; set; } = 200;
}

/// <summary>
/// All limits; section <c>Limits</c>. A request counts against its address, its caller in the route's group, its stored credential
/// and its organisation at once, and passes when none of them is exhausted.
/// </summary>
internal sealed class LimitGroups
{
    public const string Section = "Limits";

    /// <summary>A caller's requests to what names no group.</summary>
    public LimitOptions Default { get; set; } = new();

    /// <summary>A caller's calls of AI models.</summary>
    public LimitOptions Ai { get; set; } = new() { PermitsPerSecond = 2, Burst = 30 };

    /// <summary>Sign-in, by address: guessing passwords is what this slows down.</summary>
    public LimitOptions SignIn { get; set; } = new() { PermitsPerSecond = 2, Burst = 30 };

    /// <summary>Readings of devices.</summary>
    public LimitOptions Ingest { get; set; } = new() { PermitsPerSecond = 500, Burst = 2000 };

    /// <summary>All requests of one address together; of IPv6 addresses, of one /64 network.</summary>
    public LimitOptions Address { get; set; } = new() { PermitsPerSecond = 1000, Burst = 4000 };

    /// <summary>All requests with one API key or of one client, beside the limits of whom it acts for.</summary>
    public LimitOptions Credential { get; set; } = new() { PermitsPerSecond = 100, Burst = 400 };

    /// <summary>All requests of one organisation together, by its tier.</summary>
    public TierLimits Tiers { get; set; } = new();

    /// <summary>How the counters that all replicas share are reached.</summary>
    public SharedCounterOptions Shared { get; set; } = new();
}

/// <summary>Limits of an organisation by what it has subscribed to.</summary>
internal sealed class TierLimits
{
    public LimitOptions Free { get; set; } = new() { PermitsPerSecond = 100, Burst = 1000 };

    public LimitOptions Starter { get; set; } = new() { PermitsPerSecond = 300, Burst = 3000 };

    public LimitOptions Professional { get; set; } = new() { PermitsPerSecond = 1000, Burst = 10_000 };

    public LimitOptions Enterprise { get; set; } = new() { PermitsPerSecond = 5000, Burst = 50_000 };
}

internal sealed class SharedCounterOptions
{
    /// <summary>How long a request may wait for Redis before it is decided without. 1 ms to 1 s; default: 25 ms.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How often Redis is asked whether it is back. 10 ms to 10 s; default: 250 ms.</summary>
    public TimeSpan RetryInterval { get; set; } = TimeSpan.FromMilliseconds(250);
}

/// <summary>Groups of endpoints with a limit of their own. A route names its group in its metadata (<c>Limit</c>).</summary>
internal enum LimitGroup
{
    Default,
    Ai,
    SignIn,
    Ingest,
}
