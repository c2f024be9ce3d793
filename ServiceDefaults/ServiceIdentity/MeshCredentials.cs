using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>What a service proves itself with and judges others by, as of one reading of the files. Never changed, only replaced.</summary>
internal sealed class MeshCredentials
{
    private MeshCredentials(X509Certificate2 certificate, SslStreamCertificateContext context, PeerVerifier verifier, MeshPeer self)
    {
        Certificate = certificate;
        Context = context;
        Verifier = verifier;
        Self = self;
    }

    /// <summary>The service's certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The same with its intermediates, prepared once for all handshakes.</summary>
    public SslStreamCertificateContext Context { get; }

    public PeerVerifier Verifier { get; }

    /// <summary>The service itself, as its peers see it.</summary>
    public MeshPeer Self { get; }

    /// <exception cref="InvalidDataException">The texts are no PEM, do not belong together, or a peer would refuse the certificate.</exception>
    public static MeshCredentials Create(string certificates, string key, string authorities, TimeSpan clockSkew, TimeProvider time)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(authorities);
            if (roots.Count == 0) throw new InvalidDataException("The file of the mesh CA holds no certificate.");

            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificates);
            X509Certificate2[] others = [.. chain.Skip(1)];
            var intermediates = new X509Certificate2Collection(others);
            var verifier = new PeerVerifier([.. roots], clockSkew, time);
            var certificate = WithKey(certificates, key);
            return new MeshCredentials(
                certificate, SslStreamCertificateContext.Create(certificate, intermediates, offline: true), verifier, AsPeersSee(certificate, intermediates, verifier));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    private static MeshPeer AsPeersSee(X509Certificate2 certificate, X509Certificate2Collection intermediates, PeerVerifier verifier)
    {
        MeshPeer As(Oid use)
        {
            var (peer, problem) = verifier.Verify(certificate, intermediates, use, environment: null, service: null);
            return peer ?? throw new InvalidDataException($"Peers would refuse '{certificate.Subject}' ({use.Value}): {problem}.");
        }

        // One certificate for both: who is called is at other times the caller.
        _ = As(PeerVerifier.ServerUse);
        return As(PeerVerifier.ClientUse);
    }

    private static X509Certificate2 WithKey(string certificates, string key)
    {
        var certificate = X509Certificate2.CreateFromPem(certificates, key);
        if (!OperatingSystem.IsWindows()) return certificate;

        // Windows' TLS cannot use a key that lives in memory alone.
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
