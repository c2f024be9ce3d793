namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A health check that may or may not belong to a service.</summary>
public sealed class HealthCheckMapContext
{
    /// <summary>A check of this name and these tags.</summary>
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    /// <summary>Name of the check.</summary>
    public string Name { get; }

    /// <summary>Tags of the check.</summary>
    public IEnumerable<string> Tags { get; }
}
