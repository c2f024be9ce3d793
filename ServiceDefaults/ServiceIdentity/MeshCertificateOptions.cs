namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>How services prove to each other who they are; configuration section <c>Mesh:Certificate</c>. Validated at start.</summary>
public sealed class MeshCertificateOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Mesh:Certificate";

    /// <summary>Default: <see cref="MeshCertificateMode.Mutual"/>, in every environment.</summary>
    public MeshCertificateMode Mode { get; set; } = MeshCertificateMode.Mutual;

    /// <summary>PEM file: the service's certificate first, then intermediates up to the mesh CA, if there are any.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>PEM file: the private key of the certificate, unencrypted, readable by the service alone.</summary>
    public string? KeyPath { get; set; }

    /// <summary>PEM file: the mesh CA, or several while one replaces another. Nothing else is trusted, the machine's roots least of all.</summary>
    public string? AuthorityPath { get; set; }

    /// <summary>By how much clocks may differ where a certificate begins or ends. 0 to 5 minutes; default: 1 minute.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the files are looked at, beside the notifications of the file system, which network mounts do not send.
    /// 100 ms to 1 hour; default: 10 s.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>Whether services demand each other's certificates.</summary>
public enum MeshCertificateMode
{
    /// <summary>Mutual TLS: who has no certificate of the mesh cannot connect.</summary>
    Mutual = 0,

    /// <summary>Plain HTTP between services. Only in the environments Development and Test; elsewhere the service does not start.</summary>
    None = 1,
}
