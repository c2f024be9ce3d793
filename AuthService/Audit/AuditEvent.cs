namespace AiMesh.AuthService.Audit;

/// <summary>One security-relevant act.</summary>
/// <param name="Action">What was done, for example "session.refresh_reused".</param>
/// <param name="Actor">Id of the user who did it; null where nobody was signed in.</param>
/// <param name="Target">Id or name of what it was done to.</param>
internal sealed record AuditEvent(string Action, string? Actor, string? Target)
{
    /// <summary>Address of the caller, where known.</summary>
    public string? Address { get; init; }

    /// <summary>Further facts. Never a password, token or key.</summary>
    public IReadOnlyDictionary<string, string> Detail { get; init; } = new Dictionary<string, string>();
}
