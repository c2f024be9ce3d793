namespace AiMesh.ServiceDefaults.Audit;

/// <summary>One security-relevant act, as whoever writes it knows it.</summary>
/// <param name="Action">What was done, for example "session.refresh_reused".</param>
/// <param name="Actor">Id of the user, key or client that did it; null where nobody was signed in.</param>
/// <param name="Target">Id or name of what it was done to.</param>
public sealed record AuditEntry(string Action, string? Actor, string? Target)
{
    /// <summary>Address of the caller, where known.</summary>
    public string? Address { get; init; }

    /// <summary>32 hexadecimal digits of the trace in which it was done, where there is one.</summary>
    public string? TraceId { get; init; }

    /// <summary>Further facts. Never a password, token or key.</summary>
    public IReadOnlyDictionary<string, string> Detail { get; init; } = new Dictionary<string, string>();
}
