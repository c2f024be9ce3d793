namespace OpenTelemetry;

/// <summary>Builds the telemetry providers when the host starts. Register another one to replace how that happens.</summary>
public interface ITelemetryHostInitializer
{
    /// <summary>Builds the providers; called once, before any other hosted service starts.</summary>
    void Initialize();
}
