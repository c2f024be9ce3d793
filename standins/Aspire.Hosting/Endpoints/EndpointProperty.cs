namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of an endpoint's address.</summary>
public enum EndpointProperty
{
    Url = 0,
    Host = 1,
    IPV4Host = 2,

    /// <summary>What others connect to.</summary>
    Port = 3,
    Scheme = 4,

    /// <summary>What the process itself listens on.</summary>
    TargetPort = 5,
    HostAndPort = 6,
    TlsEnabled = 7,
}
