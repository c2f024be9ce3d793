namespace AiMesh.Gateway.Limits;

/// <summary>A token bucket: a steady rate and how far a caller may run ahead of it.</summary>
internal sealed class LimitOptions
{
    /// <summary>Requests per second in the long run. Range 1 to 1,000,000.</summary>
    public int PermitsPerSecond { get; set; } = 50;

    /// <summary>Requests at once after a pause. Range 1 to 1,000,000.</summary>
    public int Burst { get; set; } = 200;
}

/// <summary>Groups of endpoints with a limit of their own; section <c>Limits</c>. A route names its group in its metadata.</summary>
internal sealed class LimitGroups
{
    public const string Section = "Limits";

    /// <summary>What names no group.</summary>
    public LimitOptions Default { get; set; } = new();

    /// <summary>Calls of AI models.</summary>
    public LimitOptions Ai { get; set; } = new() { PermitsPerSecond = 2, Burst = 30 };

    /// <summary>Sign-in, by address: guessing passwords is what this slows down.</summary>
    public LimitOptions SignIn { get; set; } = new() { PermitsPerSecond = 2, Burst = 30 };

    /// <summary>Readings of devices.</summary>
    public LimitOptions Ingest { get; set; } = new() { PermitsPerSecond = 500, Burst = 2000 };

    /// <summary>All requests of one address together.</summary>
    public LimitOptions Address { get; set; } = new() { PermitsPerSecond = 1000, Burst = 4000 };

    public LimitOptions this[LimitGroup group] => group switch
    {
        LimitGroup.Ai => Ai,
        LimitGroup.SignIn => SignIn,
        LimitGroup.Ingest => Ingest,
        _ => Default,
    };
}

internal enum LimitGroup
{
    Default,
    Ai,
    SignIn,
    Ingest,
}
