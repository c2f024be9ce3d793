namespace Aspire.Hosting.ApplicationModel;

/// <summary>The resource is healthy only if the registered health check of that key is.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}

/// <summary>An HTTP probe, which every process of the resource must pass for itself.</summary>
internal sealed class HttpProbeAnnotation(string key, Func<EndpointReference> endpoint, string path, int statusCode) : HealthCheckAnnotation(key)
{
    public Func<EndpointReference> Endpoint { get; } = endpoint;

    public string Path { get; } = path;

    public int StatusCode { get; } = statusCode;
}
