using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>How connections to other services of the mesh are made. For clients that <c>AddMeshClient</c> and <c>UseMeshIdentity</c> do not make.</summary>
public sealed class MeshConnector
{
    private readonly Lazy<MeshTls>? _tls;

    internal MeshConnector(IOptions<MeshCertificateOptions> options, IServiceProvider services) =>
        _tls = options.Value.Mode == MeshCertificateMode.None ? null : new Lazy<MeshTls>(services.GetRequiredService<MeshTls>);

    /// <summary>Whether services demand each other's certificates.</summary>
    public bool IsMutual => _tls is not null;

    /// <summary>"https", or "http" where <see cref="MeshCertificateMode.None"/> says so.</summary>
    public string Scheme => IsMutual ? "https" : "http";

    /// <summary>Makes a handler show this service's certificate, the one in use when it connects, and talk to one service only.</summary>
    /// <param name="handler">A handler that is used for this service alone.</param>
    /// <param name="service">The service, for example "data"; whoever answers must have the certificate of that service, whatever the address.</param>
    public void Configure(SocketsHttpHandler handler, string service)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentException.ThrowIfNullOrEmpty(service);
        _tls?.Value.Configure(handler, service);
    }
}
