using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace AiMesh.AppHost.Certificates;

/// <summary>
/// The mesh CA of a development machine. Made on the first start and kept, so that a restart does not change whom everybody trusts. Its key
/// never leaves the folder, which is the owner's alone.
/// </summary>
internal sealed partial class DevelopmentAuthority
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan Reserve = TimeSpan.FromDays(30);

    // Clocks of one machine agree, but a virtual machine beside it may lag.
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(5);

    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2 _certificate;
    private readonly string _environment;
    private readonly TimeProvider _time;

    private DevelopmentAuthority(X509Certificate2 certificate, string environment, TimeProvider time) =>
        (_certificate, _environment, _time) = (certificate, environment, time);

    /// <summary>The CA's certificate, PEM.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem() + "\n";

    /// <summary>Takes the CA that the folder holds, or makes one when there is none, or none that lasts.</summary>
    /// <param name="folder">Where certificate and key are kept.</param>
    /// <param name="environment">Environment that the names of services say; lower case letters, digits and hyphens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when a CA is made.</param>
    public static DevelopmentAuthority Open(string folder, string environment, TimeProvider time, ILogger logger)
    {
        PrivateFile.CreateFolder(folder);
        var (certificatePath, keyPath) = (Path.Combine(folder, "ca.crt"), Path.Combine(folder, "ca.key"));
        if (Load(certificatePath, keyPath, time) is { } kept) return new DevelopmentAuthority(kept, environment, time);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=AiMesh development CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        var made = request.CreateSelfSigned(now - Backdated, now + Lifetime);

        // The key first: a crash in between leaves a pair that does not match, and the next start makes another.
        PrivateFile.Replace(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        PrivateFile.Replace(certificatePath, made.ExportCertificatePem() + "\n");
        Log.Made(logger, made.NotAfter);
        return new DevelopmentAuthority(made, environment, time);
    }

    /// <summary>A new key and a certificate for it, in which the service is named <c>spiffe://aimesh/{environment}/{service}</c>.</summary>
    public IssuedCertificate Issue(string service, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={service}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerUse, ClientUse], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"spiffe://aimesh/{_environment}/{service}"));
        names.AddDnsName(service);
        request.CertificateExtensions.Add(names.Build());

        var now = _time.GetUtcNow();
        var end = now + lifetime;
        var begin = now - (lifetime / 10 < Backdated ? lifetime / 10 : Backdated);
        var lastOfAuthority = new DateTimeOffset(_certificate.NotAfter);
        using var certificate = request.Create(_certificate, begin, end < lastOfAuthority ? end : lastOfAuthority, RandomNumberGenerator.GetBytes(16));
        return new IssuedCertificate(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", now, end);
    }

    private static X509Certificate2? Load(string certificatePath, string keyPath, TimeProvider time)
    {
        if (!File.Exists(certificatePath) || !File.Exists(keyPath)) return null;
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            if (certificate.NotAfter - time.GetLocalNow().DateTime > Reserve) return certificate;
            certificate.Dispose();
        }
        catch (CryptographicException)
        {
            // Half written. Nothing was ever issued by it, so a new one takes nothing away.
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Made a CA for the certificates of services; it ends at {End:u}")]
        public static partial void Made(ILogger logger, DateTime end);
    }
}

/// <summary>A certificate and its key, PEM.</summary>
internal sealed record IssuedCertificate(string Certificate, string Key, DateTimeOffset Issued, DateTimeOffset End)
{
    // Half of its life is left for a renewal that does not come off at once.
    public DateTimeOffset RenewAt => Issued + ((End - Issued) / 2);
}
