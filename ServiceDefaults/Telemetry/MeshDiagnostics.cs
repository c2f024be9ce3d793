using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>
/// The one source of spans and the one meter of a service, both named "AiMesh." and the service. Declare it once as a static:
/// <c>internal static readonly MeshDiagnostics Diagnostics = new("AiService");</c>
/// </summary>
public sealed class MeshDiagnostics : IDisposable
{
    /// <summary>What the names of all sources and meters of the mesh begin with.</summary>
    public const string Prefix = "AiMesh.";

    /// <param name="service">The service, for example "AiService".</param>
    public MeshDiagnostics(string service)
    {
        Name = Prefix + service;
        Source = new ActivitySource(Name);
        Meter = new Meter(Name);
    }

    /// <summary>"AiMesh." and the service.</summary>
    public string Name { get; }

    /// <summary>Starts spans: <c>using var span = Diagnostics.Source.StartActivity("route");</c></summary>
    public ActivitySource Source { get; }

    /// <summary>Creates instruments.</summary>
    public Meter Meter { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Source.Dispose();
        Meter.Dispose();
    }
}
