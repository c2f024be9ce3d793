namespace AiMesh.Testing;

/// <summary>How a test's PostgreSQL server runs.</summary>
public sealed record PostgresOptions
{
    /// <summary>Writes reach the disk before they are acknowledged. Off by default, for speed; needed where power loss matters.</summary>
    public bool Fsync { get; init; }

    /// <summary>More server settings by name, for example <c>max_connections</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
