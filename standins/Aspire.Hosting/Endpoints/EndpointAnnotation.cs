using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A place where a resource listens.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _transport;
    private bool? _isProxied;

    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="uriScheme">For example http; default: the protocol's name.</param>
    /// <param name="transport">http, http2, tcp or udp; default: http for http and https, else the protocol's name.</param>
    /// <param name="name">Unique in the resource; default: the scheme.</param>
    /// <param name="port">What others connect to, 1 to 65535; null: any free port.</param>
    /// <param name="targetPort">What the process listens on; null: chosen by the host.</param>
    /// <param name="isExternal">Meant for clients outside the mesh.</param>
    /// <param name="isProxied">The host may put a proxy in front; needed for a fixed port with several replicas.</param>
    public EndpointAnnotation(
        ProtocolType protocol,
        string? uriScheme = null,
        string? transport = null,
        [EndpointName] string? name = null,
        int? port = null,
        int? targetPort = null,
        bool? isExternal = null,
        bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? ProtocolName(protocol);
        _transport = transport;
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        _isProxied = isProxied;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    public string UriScheme { get; set; }

    public string Transport
    {
        get => _transport ?? (UriScheme is "http" or "https" ? "http" : ProtocolName(Protocol));
        set => _transport = value;
    }

    /// <summary>What others connect to; null: any free port.</summary>
    public int? Port { get; set; }

    /// <summary>What the process listens on; null: chosen by the host.</summary>
    public int? TargetPort { get; set; }

    /// <summary>Address the process binds to and others use; localhost unless said otherwise.</summary>
    public string TargetHost { get; set; } = "localhost";

    public bool IsExternal { get; set; }

    public bool IsProxied
    {
        get => _isProxied ?? true;
        set => _isProxied = value;
    }

    public bool TlsEnabled { get; set; }

    /// <summary>Keeps the endpoint out of what WithReference tells others.</summary>
    public bool ExcludeReferenceEndpoint { get; set; }

    /// <summary>Where others reach it; null until the application starts.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    /// <summary>Where others find it: every replica, or the one proxy in front of them.</summary>
    internal IReadOnlyList<AllocatedEndpoint> Advertised { get; set; } = [];

    /// <summary>Port that each replica listens on.</summary>
    internal IReadOnlyList<int> ReplicaPorts { get; set; } = [];

    /// <summary>Read from the project's own Kestrel section, and told back the same way.</summary>
    internal bool IsFromKestrel { get; init; }

    /// <summary>The process learns the port from a variable of its own (the env parameter of WithEndpoint).</summary>
    internal bool HasOwnVariable { get; set; }

    private static string ProtocolName(ProtocolType protocol) => protocol == ProtocolType.Udp ? "udp" : "tcp";
}
