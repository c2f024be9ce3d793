namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A service and the health checks that speak for it.</summary>
public sealed class ServiceMapping
{
    /// <summary>The checks that the function chooses speak for this service.</summary>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>Name of the service; empty for the server as a whole.</summary>
    public string Name { get; }

    /// <summary>Chooses the checks.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }
}
