using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiMesh.Testing;

/// <summary>
/// A mesh CA for tests, made independently of the one in the AppHost: issues certificates of services, good and bad ones, and writes the
/// files that <c>Mesh:Certificate</c> names.
/// </summary>
public sealed class TestMeshCertificates : IDisposable
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _folder = TestFolder.NewPath("certificates");

    /// <param name="name">Subject of the CA; two with the same name are still two.</param>
    public TestMeshCertificates(string name = "CN=Test mesh CA")
    {
        var request = new CertificateRequest(name, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = DateTimeOffset.UtcNow;
        Authority = request.CreateSelfSigned(now - Year, now + Year);
    }

    /// <summary>The CA's own certificate.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>A certificate with its key. What is not said is as a good one has it: for both uses, one hour, environment "test".</summary>
    /// <param name="service">Name of the service; only the last part of its SPIFFE id.</param>
    /// <param name="environment">The part before.</param>
    /// <param name="uris">All URIs among the alternative names; default: the one that service and environment make.</param>
    /// <param name="uses">Object ids of the extended key usage; empty: none; default: server and client.</param>
    /// <param name="notBefore">Default: five minutes ago.</param>
    /// <param name="notAfter">Default: in an hour.</param>
    /// <param name="isAuthority">Marks it as a CA.</param>
    /// <param name="selfSigned">Signs it with its own key.</param>
    public X509Certificate2 Issue(
        string service,
        string environment = "test",
        string[]? uris = null,
        string[]? uses = null,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null,
        bool isAuthority = false,
        bool selfSigned = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={service}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        if (uses is not []) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(Oids(uses ?? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]), critical: false));

        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(service);
        foreach (var uri in uris ?? [$"spiffe://aimesh/{environment}/{service}"]) names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());

        var (begin, end) = (notBefore ?? DateTimeOffset.UtcNow.AddMinutes(-5), notAfter ?? DateTimeOffset.UtcNow.AddHours(1));
        if (selfSigned) return request.CreateSelfSigned(begin, end);
        using var certificate = request.Create(Authority, begin, end, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Writes, or writes anew, the files of a service, and answers the settings that name them.</summary>
    /// <param name="service">The service; also the name of the folder.</param>
    /// <param name="certificate">Default: a good one.</param>
    public IReadOnlyDictionary<string, string?> Install(string service, X509Certificate2? certificate = null)
    {
        using var issued = certificate is null ? Issue(service) : null;
        certificate ??= issued!;
        using var key = certificate.GetECDsaPrivateKey()!;
        var folder = Directory.CreateDirectory(Path.Combine(_folder, service)).FullName;
        return new Dictionary<string, string?>
        {
            ["Mesh:Certificate:Mode"] = "Mutual",
            ["Mesh:Certificate:KeyPath"] = Write("tls.key", key.ExportPkcs8PrivateKeyPem()),
            ["Mesh:Certificate:CertificatePath"] = Write("tls.crt", certificate.ExportCertificatePem()),
            ["Mesh:Certificate:AuthorityPath"] = Write("ca.crt", Authority.ExportCertificatePem()),
        };

        string Write(string name, string pem)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path + ".new", pem);
            File.Move(path + ".new", path, overwrite: true);
            return path;
        }
    }

    /// <summary>A client that shows a certificate, or none, and trusts any server: what a caller does that is up to no good.</summary>
    public static HttpClient Caller(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        if (certificate is not null) handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        return new HttpClient(handler);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        Authority.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static OidCollection Oids(IEnumerable<string> values)
    {
        var oids = new OidCollection();
        foreach (var value in values) oids.Add(new Oid(value));
        return oids;
    }
}
